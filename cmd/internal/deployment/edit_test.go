package deployment

// This file changes an assembly in ways that the app's context has no word for.

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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

var published = regexp.MustCompile(`"stackTemplateAssetObjectUrl": "s3://[^"]*/([0-9a-f]{64})\.json"`)

// edit changes a stack's template as if it had been synthesized so: it is
// published under another key.
func (a *account) edit(t *testing.T, stack string, change func(template)) {
	t.Helper()
	folder := filepath.Join(a.State, "cdk.out")
	file := filepath.Join(folder, stack+".template.json")
	var edited template
	if err := json.Unmarshal([]byte(read(t, file)), &edited.rest); err != nil {
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
	write(t, file, string(text))

	manifest := filepath.Join(folder, "manifest.json")
	_, ofStack, found := strings.Cut(read(t, manifest), `"`+stack+`": {`)
	former := published.FindStringSubmatch(ofStack)
	if !found || former == nil {
		t.Fatalf("the manifest does not say where the template of %s is published", stack)
	}
	key := fmt.Sprintf("%x", sha256.Sum256(text))
	for _, path := range []string{manifest, filepath.Join(folder, stack+".assets.json")} {
		write(t, path, strings.ReplaceAll(read(t, path), former[1], key))
	}
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
