package local

// This file creates the stacks.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloudformation"
)

// createAll creates the stacks in their order. One that cannot be created does
// not hide the faults of those that do not need it.
func (e *Engine) createAll(ctx context.Context, stacks []stack) error {
	var faults []error
	missing := map[string]bool{}
	for _, s := range stacks {
		for _, id := range s.Needs {
			missing[s.ID] = missing[s.ID] || missing[id]
		}
		if missing[s.ID] {
			continue
		}
		// The engine ends where a stack cannot be created: to delete what there
		// is of it would take what an earlier run has kept of it, too.
		settings := cloudformation.Settings{Protected: s.Protected, DisableRollback: true}
		if _, err := e.stacks.Create(ctx, s.cfn, e.types, settings); err != nil {
			missing[s.ID] = true
			faults = append(faults, fmt.Errorf("create stack %s:\n  %s", s.Name, strings.ReplaceAll(err.Error(), "\n", "\n  ")))
		}
	}
	return errors.Join(faults...)
}

// dynamic answers {{resolve:SERVICE:REFERENCE}} from the engine's own services.
func (e *Engine) dynamic(service, reference string) (string, error) {
	switch service {
	case "ssm", "ssm-secure":
		var out struct{ Parameter struct{ Value string } }
		err := e.Cloud.Do(context.Background(), e.Cloud.Administrator(), "ssm", "GetParameter", map[string]any{"Name": reference, "WithDecryption": service == "ssm-secure"}, &out)
		return out.Parameter.Value, err
	case "secretsmanager":
		return e.secret(reference)
	default:
		return "", fmt.Errorf("the local engine does not resolve %s", service)
	}
}

// secret answers SECRET, or SECRET:SecretString:JSONKEY:STAGE:VERSION, of which
// the end may be missing or empty.
func (e *Engine) secret(reference string) (string, error) {
	id, rest, _ := strings.Cut(reference, ":SecretString")
	in := map[string]string{"SecretId": id}
	parts := append(strings.Split(rest, ":"), "", "", "")
	key := parts[1]
	if parts[2] != "" {
		in["VersionStage"] = parts[2]
	}
	if parts[3] != "" {
		in["VersionId"] = parts[3]
	}
	var out struct{ SecretString string }
	err := e.Cloud.Do(context.Background(), e.Cloud.Administrator(), "secretsmanager", "GetSecretValue", in, &out)
	if err != nil || key == "" {
		return out.SecretString, err
	}
	var members map[string]any
	if err := json.Unmarshal([]byte(out.SecretString), &members); err != nil {
		return "", fmt.Errorf("secret %s is not a JSON object, which %q asks for", id, key)
	}
	value, ok := members[key]
	if !ok {
		return "", fmt.Errorf("secret %s has no %q", id, key)
	}
	return fmt.Sprint(value), nil
}
