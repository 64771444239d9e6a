package deployment

// This file changes an assembly in ways that the app's context has no word for.

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// template is a stack's, as far as it is edited.
type template struct {
	Resources map[string]map[string]any
	rest      map[string]json.RawMessage
}

// of calls edit with the properties of each resource of a type.
func (s template) of(t *testing.T, resourceType string, edit func(id string, properties map[string]any)) {
	t.Helper()
	found := false
	for id, resource := range s.Resources {
		if resource["Type"] == resourceType {
			found = true
			edit(id, resource["Properties"].(map[string]any))
		}
	}
	if !found {
		t.Fatalf("the stack has no %s", resourceType)
	}
}

// edit changes a stack's template as if it had been synthesized so.
func (a *account) edit(t *testing.T, stack string, change func(template)) {
	t.Helper()
	a.editFile(t, stack, stack+".template.json", change)
}

// editFile changes a template among a stack's assets, and publishes it under another
// key, by which all of the assembly know it then.
func (a *account) editFile(t *testing.T, stack, file string, change func(template)) {
	t.Helper()
	var edited template
	if err := json.Unmarshal([]byte(read(t, filepath.Join(a.cdkOut(), file))), &edited.rest); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(edited.rest["Resources"], &edited.Resources); err != nil {
		t.Fatal(err)
	}
	change(edited)
	var err error
	if edited.rest["Resources"], err = json.Marshal(edited.Resources); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(edited.rest)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(a.cdkOut(), file), string(text))

	former := a.published(t, stack, file)
	key := fmt.Sprintf("%x.json", sha256.Sum256(text))
	paths, err := filepath.Glob(filepath.Join(a.cdkOut(), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		write(t, path, strings.ReplaceAll(read(t, path), former, key))
	}
}

// published is the key that a file of a stack's assets is published under.
func (a *account) published(t *testing.T, stack, file string) string {
	t.Helper()
	var assets struct {
		Files map[string]struct {
			Source       struct{ Path string }
			Destinations map[string]struct{ ObjectKey string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(a.cdkOut(), stack+".assets.json"))), &assets); err != nil {
		t.Fatal(err)
	}
	for _, asset := range assets.Files {
		for _, destination := range asset.Destinations {
			if asset.Source.Path == file {
				return destination.ObjectKey
			}
		}
	}
	t.Fatalf("the assets of %s do not say where %s is published", stack, file)
	return ""
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
