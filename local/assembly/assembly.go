// Package assembly reads what `cdk synth` wrote: stacks in the order they must
// be deployed in, the account and region they are meant for, and where each of
// their assets lies.
package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// Assembly is a cloud assembly, or a single template taken for one.
type Assembly struct {
	Stacks []Stack // each after those it depends on
	Site   cloud.Site

	assets map[location]string
	beside string // the folder of a single template, otherwise empty
}

// Stack is one stack of an assembly.
type Stack struct {
	ID           string // the artifact's, unique in the assembly
	Name         string
	TemplateFile string
	Parameters   map[string]string
	Tags         map[string]string
	Needs        []string // ids of the stacks that come first, and of other artifacts
	Protected    bool     // whether it has termination protection

	dir  string // of the assembly
	said artifact

	site cloud.Site // account or region is empty where any will do
}

// location is where an asset is published to.
type location struct{ bucket, key string }

// Asset answers the folder or file that was to be published under a bucket and
// a key. What a single template names is looked for beside it, by the key.
func (a *Assembly) Asset(bucket, key string) (path string, ok bool) {
	if a.beside != "" && filepath.IsLocal(key) {
		path = filepath.Join(a.beside, key)
		_, err := os.Stat(path)
		return path, err == nil
	}
	path, ok = a.assets[location{bucket, key}]
	return path, ok
}

// Load reads the assembly in a folder (cdk.out), or a single template file. No
// path is an assembly without stacks.
// An account or region that site leaves empty is the one that the stacks are
// meant for; where they are meant for any, 000000000000 and us-east-1. Stacks
// that contradict each other, or the site, are refused.
func Load(path string, site cloud.Site) (*Assembly, error) {
	a := &Assembly{assets: map[location]string{}}
	if path == "" {
		return a, a.settle(site)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the assembly: %w", err)
	}
	if !info.IsDir() {
		name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), ".template")
		a.Stacks = []Stack{{ID: name, Name: name, TemplateFile: path}}
		a.beside = filepath.Dir(path)
		return a, a.settle(site)
	}
	if err := a.read(path); err != nil {
		return nil, err
	}
	if len(a.Stacks) == 0 {
		return nil, fmt.Errorf("the assembly in %s has no stacks", path)
	}
	if err := a.settle(site); err != nil {
		return nil, err
	}
	return a, a.sort()
}

type manifest struct {
	Artifacts map[string]artifact `json:"artifacts"`
}

type artifact struct {
	Type         string          `json:"type"`
	Environment  string          `json:"environment"`
	Properties   json.RawMessage `json:"properties"`
	Dependencies []string        `json:"dependencies"`
	Metadata     metadata        `json:"metadata"`
	MetadataFile string          `json:"additionalMetadataFile"` // which holds the metadata, where it is given
}

// metadata are what the CDK says of constructs, by their paths.
type metadata map[string][]struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

func (a *Assembly) read(dir string) error {
	var m manifest
	if err := readJSON(filepath.Join(dir, "manifest.json"), &m); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is not a cloud assembly: it has no manifest.json; run `cdk synth` first", dir)
		}
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(m.Artifacts)) {
		var err error
		switch artifact := m.Artifacts[id]; artifact.Type {
		case "aws:cloudformation:stack":
			err = a.addStack(dir, id, artifact)
		case "cdk:asset-manifest":
			err = a.addAssets(dir, artifact)
		case "cdk:cloud-assembly":
			var nested struct {
				DirectoryName string `json:"directoryName"`
			}
			if err = json.Unmarshal(artifact.Properties, &nested); err == nil {
				err = a.read(filepath.Join(dir, nested.DirectoryName))
			}
		}
		if err != nil {
			return fmt.Errorf("artifact %s: %w", id, err)
		}
	}
	return nil
}

func (a *Assembly) addStack(dir, id string, artifact artifact) error {
	var properties struct {
		TemplateFile string            `json:"templateFile"`
		StackName    string            `json:"stackName"`
		Parameters   map[string]string `json:"parameters"`
		Tags         map[string]string `json:"tags"`
		Protected    bool              `json:"terminationProtection"`
	}
	if err := json.Unmarshal(artifact.Properties, &properties); err != nil {
		return err
	}
	s := Stack{
		ID:           id,
		Name:         properties.StackName,
		TemplateFile: filepath.Join(dir, properties.TemplateFile),
		Parameters:   properties.Parameters,
		Tags:         properties.Tags,
		Needs:        artifact.Dependencies,
		Protected:    properties.Protected,
		dir:          dir,
		said:         artifact,
	}
	if s.Name == "" {
		s.Name = id
	}
	account, region, _ := strings.Cut(strings.TrimPrefix(artifact.Environment, "aws://"), "/")
	if account != "unknown-account" {
		s.site.Account = account
	}
	if region != "unknown-region" {
		s.site.Region = region
	}
	a.Stacks = append(a.Stacks, s)
	return nil
}

// Constructs are the logical ids of the stack's resources by their constructs'
// paths: "Orders/Pipeline/Start". What a construct's own resource is called
// ("/Resource") is left out.
func (s Stack) Constructs() (map[string]string, error) {
	said := s.said.Metadata
	if s.said.MetadataFile != "" {
		if err := readJSON(filepath.Join(s.dir, s.said.MetadataFile), &said); err != nil {
			return nil, err
		}
	}
	ids := map[string]string{}
	for path, entries := range said {
		for _, entry := range entries {
			if entry.Type != "aws:cdk:logicalId" {
				continue
			}
			var id string
			if err := json.Unmarshal(entry.Data, &id); err != nil {
				return nil, fmt.Errorf("logical id of %s: %w", path, err)
			}
			path = strings.Trim(path, "/")
			for strings.HasSuffix(path, "/Resource") {
				path = strings.TrimSuffix(path, "/Resource")
			}
			ids[path] = id
		}
	}
	return ids, nil
}

func (a *Assembly) addAssets(dir string, artifact artifact) error {
	var properties struct {
		File string `json:"file"`
	}
	if err := json.Unmarshal(artifact.Properties, &properties); err != nil {
		return err
	}
	var assets struct {
		Files map[string]struct {
			Source struct {
				Path       string   `json:"path"`
				Executable []string `json:"executable"`
			} `json:"source"`
			Destinations map[string]struct {
				BucketName string `json:"bucketName"`
				ObjectKey  string `json:"objectKey"`
			} `json:"destinations"`
		} `json:"files"`
	}
	if err := readJSON(filepath.Join(dir, properties.File), &assets); err != nil {
		return err
	}
	for id, file := range assets.Files {
		if len(file.Source.Executable) > 0 {
			return fmt.Errorf("asset %s is produced by a command at deployment, which the local engine does not run", id)
		}
		for _, destination := range file.Destinations {
			a.assets[location{destination.BucketName, destination.ObjectKey}] = filepath.Join(dir, file.Source.Path)
		}
	}
	return nil
}

// sort puts every stack behind those it depends on.
func (a *Assembly) sort() error {
	byID := map[string]Stack{}
	for _, s := range a.Stacks {
		byID[s.ID] = s
	}
	var sorted []Stack
	state := map[string]int{}
	var visit func(s Stack) error
	visit = func(s Stack) error {
		switch state[s.ID] {
		case 1:
			return fmt.Errorf("stack %s depends on itself", s.ID)
		case 2:
			return nil
		}
		state[s.ID] = 1
		for _, id := range s.Needs {
			if dependency, ok := byID[id]; ok {
				if err := visit(dependency); err != nil {
					return err
				}
			}
		}
		state[s.ID] = 2
		sorted = append(sorted, s)
		return nil
	}
	for _, s := range a.Stacks {
		if err := visit(s); err != nil {
			return err
		}
	}
	a.Stacks = sorted
	return nil
}

func readJSON(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("parse %s: %w", filepath.Base(path), err)
	}
	return nil
}
