package shapes

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

// Names are what the APIs are made of that tasks can call by the SDK.
type Names struct {
	Source   string         `json:"source"`
	Services map[string]API `json:"services"` // by the SDK's name: "cloudwatchlogs"
}

// An API has actions, and errors of its own: their shapes by their codes.
type API struct {
	Actions []string          `json:"actions"`
	Errors  map[string]string `json:"errors"`
}

//go:embed names.json
var names []byte

// APIs returns the names of all APIs.
var APIs = sync.OnceValue(func() map[string]API {
	var n Names
	if err := json.Unmarshal(names, &n); err != nil {
		panic(fmt.Sprintf("names.json: %v", err)) // a test reads it
	}
	return n.Services
})
