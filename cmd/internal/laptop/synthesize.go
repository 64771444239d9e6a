package laptop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// synthesize runs the app as the CDK CLI does, without the CLI: the context of
// cdk.json and what is added to it go in by the environment, and the assembly
// comes out in a folder. The CDK's own rules about templates are left to whoever
// deploys: they take half of the time, and the engine judges what it runs.
func synthesize(ctx context.Context, root, assembly string, added map[string]string) error {
	raw, err := os.ReadFile(filepath.Join(root, "cdk.json"))
	if err != nil {
		return err
	}
	var settings struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(raw, &settings); err != nil {
		return fmt.Errorf("parse cdk.json: %w", err)
	}
	values := map[string]any{}
	maps.Copy(values, settings.Context)
	for name, value := range added {
		values[name] = value
	}
	encoded, err := json.Marshal(values)
	if err != nil {
		return err
	}
	absolute, err := filepath.Abs(assembly)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(absolute); err != nil {
		return err
	}
	environment, err := WithNode(root)
	if err != nil {
		return err
	}
	var output bytes.Buffer
	app := exec.CommandContext(ctx, "go", "run", ".")
	app.Dir = root
	app.Env = append(environment, "CDK_VALIDATION=false", "CDK_OUTDIR="+absolute, "CDK_CONTEXT_JSON="+string(encoded))
	app.Stdout, app.Stderr = &output, &output
	app.WaitDelay = time.Second // go run leaves the app behind, which holds the output
	err = app.Run()
	if ctx.Err() != nil {
		return fmt.Errorf("synthesize the app: %w", ctx.Err())
	}
	if err != nil {
		return fmt.Errorf("synthesize the app: %w\n%s", err, bytes.TrimSpace(output.Bytes()))
	}
	return nil
}

// WithNode returns the environment with the pinned Node first on PATH, if it
// is installed.
func WithNode(root string) ([]string, error) {
	bin := filepath.Join(root, "node_modules", ".bin")
	path := bin + string(os.PathListSeparator) + os.Getenv("PATH")
	if _, err := os.Stat(filepath.Join(bin, "node")); err != nil {
		path = os.Getenv("PATH")
		if _, err := exec.LookPath("node"); err != nil {
			return nil, fmt.Errorf("the CDK needs Node: run `make %s` or install Node 22 or later", "test")
		}
	}
	return append(os.Environ(), "PATH="+path), nil
}
