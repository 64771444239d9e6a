// Package binding knows how the actions of S3's API are put into HTTP: which members
// of an input are in the address, in headers and in the document of a request, and
// which of an output are in those of the answer.
package binding

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:generate go run ../generate -botocore $BOTOCORE

//go:embed s3.json
var text []byte

// A Model is all that there is of the API. The program in the folder generate
// writes it.
type Model struct {
	Source     string               `json:"source"` // "botocore 1.43.11": the package that it is taken from
	Operations map[string]Operation `json:"operations"`
	Shapes     map[string]Shape     `json:"shapes"`
}

// An Operation is an action.
type Operation struct {
	Request string `json:"request"`          // "PUT /{Bucket}/{Key+}?acl"
	Input   string `json:"input,omitempty"`  // the name of a structure; none where nothing goes in
	Output  string `json:"output,omitempty"` // or comes out
}

// A Shape is a structure, a list or a map. Other types have no shape but a name,
// that of their kind.
type Shape struct {
	Kind    Kind              `json:"kind"`
	Members map[string]Member `json:"members,omitempty"` // of a structure
	Payload string            `json:"payload,omitempty"` // the member that is the body, if it is not those without a place
	Of      string            `json:"of,omitempty"`      // the shape of the elements of a list, or of the values of a map
	Name    string            `json:"name,omitempty"`    // of the elements of a list in XML
}

// A Member is one of a structure.
type Member struct {
	Of        string `json:"of"`             // the name of a shape
	At        string `json:"at,omitempty"`   // Default: in the body.
	Name      string `json:"name"`           // of the header, the parameter or the element; the prefix of several headers
	Flat      bool   `json:"flat,omitempty"` // a list whose elements are not within one of their own
	Attribute bool   `json:"attribute,omitempty"`
}

// The places of members.
const (
	InHeader  = "header"
	InHeaders = "headers" // a map of all with a prefix
	InQuery   = "querystring"
	InPath    = "uri"
)

// Kind is what sort of value a type is. Times may be followed by the format that they
// have wherever they are: "time iso8601".
type Kind string

const (
	Structure Kind = "structure"
	List      Kind = "list"
	Map       Kind = "map"
	Text      Kind = "text"
	Time      Kind = "time"
	Number    Kind = "number" // a whole one
	Truth     Kind = "truth"
	Bytes     Kind = "bytes"
)

// S3 returns the model.
var S3 = sync.OnceValue(func() *Model {
	var m Model
	if err := json.Unmarshal(text, &m); err != nil {
		panic(fmt.Sprintf("the bindings of S3: %v", err)) // they are embedded, and a test reads them
	}
	return &m
})
