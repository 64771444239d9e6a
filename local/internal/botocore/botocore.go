// Package botocore reads the models of AWS's APIs that the AWS SDK for Python comes
// with. Programs that generate code and tables out of them use it:
//
//	pip download --no-deps botocore==1.43.11 && unzip -q botocore-*.whl -d /tmp/models
//	BOTOCORE=/tmp/models/botocore go generate ./local/...
package botocore

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// API is the model of a service.
type API struct {
	Operations map[string]Operation
	Shapes     map[string]Shape
}

// Operation is an action.
type Operation struct {
	HTTP          struct{ Method, RequestURI string }
	Input, Output *Reference
}

// Reference names a shape, and says how it is written in its place.
type Reference struct {
	Shape        string
	Location     string // header, headers, uri, querystring; otherwise in the body
	LocationName string
	Flattened    bool
	XMLAttribute bool
}

// Shape is a type.
type Shape struct {
	Type            string
	Members         map[string]Reference
	Required        []string
	Member, Value   Reference
	Payload         string // the member that is the body
	Flattened       bool
	TimestampFormat string
	Min, Max        *float64
	Enum            []string
	Document        bool
	Exception       bool
	Synthetic       bool
	EventStream     bool
	Error           struct{ Code string }
}

// Load reads the newest model of a service, by the name of its folder.
func Load(botocore, service string) (*API, error) {
	folder := filepath.Join(botocore, "data", service)
	versions, err := filepath.Glob(filepath.Join(folder, "*", "service-2.json.gz"))
	if err != nil || len(versions) == 0 {
		return nil, fmt.Errorf("there is no model in %s", folder)
	}
	file, err := os.Open(slices.Max(versions))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	var a API
	return &a, json.NewDecoder(unpacked).Decode(&a)
}

// Write writes a table that is made of a model, with every entry of its parts on a
// line of its own.
func Write(path string, table any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(table); err != nil {
		return err
	}
	inner := regexp.MustCompile(`\n {3,}`)
	closing := regexp.MustCompile(`\n  ([}\]])`)
	return os.WriteFile(path, closing.ReplaceAll(inner.ReplaceAll(text.Bytes(), nil), []byte("$1")), 0o644)
}

// Version names the package with its version: "botocore 1.43.11".
func Version(botocore string) (string, error) {
	text, err := os.ReadFile(filepath.Join(botocore, "__init__.py"))
	if err != nil {
		return "", fmt.Errorf("read the version of botocore: %w", err)
	}
	found := regexp.MustCompile(`__version__ = '([^']+)'`).FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("%s has no version", botocore)
	}
	return "botocore " + string(found[1]), nil
}
