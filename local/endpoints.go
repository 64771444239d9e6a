package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Endpoints are the addresses of a running engine.
type Endpoints struct {
	// AWS is the URL of all AWS APIs: AWS_ENDPOINT_URL.
	AWS string `json:"aws"`

	// Console is where browsers are led that open AWS, or empty.
	Console string `json:"console,omitempty"`

	// SFTP holds host:port by stack and logical id of the Transfer server: of one
	// that a call made, by "" and its id.
	SFTP map[string]map[string]string `json:"sftp"`

	// APIs holds each REST API's base URL, stage included, by stack and
	// logical id.
	APIs map[string]map[string]string `json:"apis"`

	// Outputs holds the stacks' outputs, resolved, by stack and name. Where
	// one names a REST API or an SFTP server by the address it would have on
	// AWS, it has the local address instead.
	Outputs map[string]map[string]any `json:"outputs"`

	// Logs is a folder with one file per Lambda function, and per SFTP server that logs.
	Logs string `json:"logs"`

	// Mail is the folder of the mails that SNS would have sent, or empty.
	Mail string `json:"mail,omitempty"`

	// PID is the engine's process: where it has ended, the addresses are
	// those of a run that was killed.
	PID int `json:"pid"`
}

// Endpoints returns the addresses of what the assembly declares.
func (e *Engine) Endpoints() Endpoints {
	endpoints := Endpoints{
		AWS:     e.URL(),
		SFTP:    map[string]map[string]string{},
		APIs:    map[string]map[string]string{},
		Outputs: map[string]map[string]any{},
		Logs:    e.logs,
		Mail:    e.mail,
		PID:     os.Getpid(),
	}
	if home := e.home.Load(); home != nil {
		endpoints.Console = *home
	}
	for _, s := range e.transfer.Endpoints() {
		put(endpoints.SFTP, s.Stack, s.LogicalID, s.Address)
	}
	for _, api := range e.gateway.Endpoints() {
		put(endpoints.APIs, api.Stack, api.LogicalID, api.URL)
	}
	localize := e.localizer()
	for stack, outputs := range e.stacks.Outputs() {
		endpoints.Outputs[stack] = map[string]any{}
		for name, value := range outputs {
			if text, ok := value.(string); ok {
				value = localize.Replace(text)
			}
			endpoints.Outputs[stack][name] = value
		}
	}
	return endpoints
}

// changed tells that there are other endpoints now.
func (e *Engine) changed(tell func(Endpoints)) {
	if tell == nil {
		return
	}
	e.telling.Lock()
	defer e.telling.Unlock()
	tell(e.Endpoints())
}

// localizer replaces the addresses on AWS by the local ones.
func (e *Engine) localizer() *strings.Replacer {
	var pairs []string
	for _, s := range e.transfer.Endpoints() {
		pairs = append(pairs, fmt.Sprintf("%s.server.transfer.%s.amazonaws.com", s.ServerID, e.Cloud.Region), s.Address)
	}
	for _, api := range e.gateway.Endpoints() {
		pairs = append(pairs, fmt.Sprintf("https://%s.execute-api.%s.amazonaws.com/%s/", api.APIID, e.Cloud.Region, api.Stage), api.URL)
	}
	return strings.NewReplacer(pairs...)
}

func (e *Engine) localize(text string) string { return e.localizer().Replace(text) }

func put(by map[string]map[string]string, stack, id, address string) {
	if by[stack] == nil {
		by[stack] = map[string]string{}
	}
	by[stack][id] = address
}

// Forget removes a file of endpoints, if there is one: at the end of a run, and
// before the next in case that one was killed.
func Forget(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget the endpoints: %w", err)
	}
	return nil
}

// Write writes the endpoints as JSON, in one step: a reader never sees half.
func (e Endpoints) Write(path string) error {
	raw, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write the endpoints: %w", err)
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, append(raw, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the endpoints: %w", err)
	}
	return os.Rename(temporary, path)
}
