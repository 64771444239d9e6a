// Tradepost's CDK app: one stack per system.
//
//	npx cdk synth -c ephemeral=true
//	npx cdk deploy -c partners=FILE -c alarmEmail=ops@example.com
//
// Context values choose what is declared; each has a default, but the example's
// partners are for an ephemeral stack only:
//
//	systems                 which systems, with commas between (default all): b2b, ordering, onboarding, instances, accounts
//	stage                   name of this copy (default dev)
//	ephemeral               true: data and logs go with the stack (default false: they stay)
//	alarmEmail              who is told of alarms (default nobody: subscribe to the topic)
//	tradepost:architecture  arm64 or x86_64 (default arm64)
//
// Those of a single system stand in stacks/, at the system's stack.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/stacks"
)

// ignored keeps an assembly out of version control, wherever it is written to.
//
//go:embed cdk.out.gitignore
var ignored []byte

func main() {
	app := awscdk.NewApp(nil)
	err := synthesize(app)
	if err != nil {
		fmt.Fprintf(os.Stderr, "tradepost: %v\n", err)
	}
	closeRuntime()
	if err != nil {
		os.Exit(1)
	}
}

// closeRuntime ends the CDK's Node process. jsii waits for that process twice
// at once and complains, by chance, that one of them came too late; a synth
// without faults says nothing.
func closeRuntime() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
	jsii.Close()
}

// synthesize declares the stacks and writes the assembly.
func synthesize(app awscdk.App) error {
	if err := stacks.Declare(app); err != nil {
		return err
	}
	folder := *app.Synth(nil).Directory()
	if err := os.WriteFile(filepath.Join(folder, ".gitignore"), ignored, 0o644); err != nil {
		return fmt.Errorf("keep the assembly out of version control: %w", err)
	}
	return nil
}
