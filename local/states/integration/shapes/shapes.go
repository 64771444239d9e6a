// Package shapes knows what the answers of AWS's APIs look like: for the services
// that tasks can call, what the SDK's models say of each operation's output.
package shapes

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:generate go run ./generate -botocore $BOTOCORE

//go:embed models/*.json
var files embed.FS

// A Model is the outputs of a service's operations. The program in the folder
// generate writes them.
type Model struct {
	Source  string            `json:"source"`  // "botocore 1.43.11": the package that it is taken from
	Outputs map[string]string `json:"outputs"` // names of shapes, by operation
	Shapes  map[string]Shape  `json:"shapes"`
}

// A Shape is what is known of a type. Plain texts, numbers and truth values are
// the shapes that no model lists: they have the names of their kinds.
type Shape struct {
	Kind     Kind              `json:"kind"`
	Members  map[string]string `json:"members,omitempty"`  // of a structure: names of shapes
	Required []string          `json:"required,omitempty"` // members
	Of       string            `json:"of,omitempty"`       // the shape of the elements of a list, or of the values of a map
	Min      *float64          `json:"min,omitempty"`      // of a number, or of the length of a text or a list
	Max      *float64          `json:"max,omitempty"`
	Enum     []string          `json:"enum,omitempty"`
}

// Kind is what sort of JSON a type is written as.
type Kind string

const (
	Structure Kind = "structure"
	Map       Kind = "map"
	List      Kind = "list"
	Text      Kind = "text" // binary data, too
	Time      Kind = "time" // a text, too
	Number    Kind = "number"
	Truth     Kind = "truth"
	Anything  Kind = "anything"
)

// shape returns a shape by its name.
func (m *Model) shape(name string) Shape {
	if s, ok := m.Shapes[name]; ok {
		return s
	}
	return Shape{Kind: Kind(name)}
}

// models are the services whose model has been asked for.
var models sync.Map // of func() *Model, by service

// of returns the model of a service, by its prefix in IAM, or nil if it has none.
func of(service string) *Model {
	load, _ := models.LoadOrStore(service, sync.OnceValue(func() *Model { return read(service) }))
	return load.(func() *Model)()
}

func read(service string) *Model {
	text, err := files.ReadFile("models/" + service + ".json")
	if err != nil {
		return nil
	}
	var m Model
	if err := json.Unmarshal(text, &m); err != nil {
		panic(fmt.Errorf("the model of %s: %w", service, err)) // it is embedded, and a test reads them all
	}
	return &m
}

// Mode says how strictly a value is held to a shape.
type Mode string

const (
	Strict  Mode = "STRICT"  // what is required is there, and what is there is as the shape has it
	Present Mode = "PRESENT" // what is there is as the shape has it
	None    Mode = "NONE"
)

// An Output is what an operation answers, or a part of it.
type Output struct {
	Service, Operation string   // "dynamodb", "GetItem"
	Within             string   // the member that is meant; empty: all
	Free               []string // members that may be anything
	NumericTimes       bool     // times may be numbers, too
}

// TaskName is the name that a task of an aws-sdk integration has for a member of an
// API. The SDK's begins with a lower-case
// letter, or with several where the API's begins with several upper-case ones:
// SSEKMSKeyId is ssekmsKeyId there, and SsekmsKeyId in a task.
func TaskName(member string) string {
	if member == "NULL" {
		return "Nul" // null is a word of Java
	}
	letters := []rune(member)
	for i := range letters {
		inside := i > 0 && i < len(letters)-1
		if i > 0 && !unicode.IsUpper(letters[i]) || inside && unicode.IsLower(letters[i+1]) {
			break
		}
		letters[i] = unicode.ToLower(letters[i])
	}
	return UpperFirst(string(letters))
}

// UpperFirst names a member as optimized integrations name it, and an action as the
// API does.
func UpperFirst(name string) string { return withFirst(name, unicode.ToUpper) }

// LowerFirst names a member as some APIs do.
func LowerFirst(name string) string { return withFirst(name, unicode.ToLower) }

func withFirst(name string, to func(rune) rune) string {
	first, size := utf8.DecodeRuneInString(name)
	if size == 0 {
		return ""
	}
	return string(to(first)) + name[size:]
}
