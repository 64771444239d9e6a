package apigateway

// ImportApiKeys: many keys at once, from a file.

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type importAPIKeysInput struct {
	Body           string `json:"body"`
	FailOnWarnings bool   `json:"failonwarnings"`
	Format         string `json:"format"`
}

type importAPIKeysOutput struct {
	IDs      []string `json:"ids"`
	Warnings []string `json:"warnings"`
}

// importAPIKeys makes keys of the file's rows, and gives those that exist, by
// their values, what the file says of them. A row that cannot be followed is a
// warning; where warnings are failures, nothing is imported then.
func (c *Control) importAPIKeys(_ context.Context, caller cloud.Caller, in importAPIKeysInput) (importAPIKeysOutput, error) {
	if err := c.authorize(caller, "POST", "/apikeys"); err != nil {
		return importAPIKeysOutput{}, err
	}
	if in.Format != "csv" {
		return importAPIKeysOutput{}, badRequest("Invalid format '%s' specified. Must be one of: [csv]", in.Format)
	}
	rows, err := readKeyFile(in.Body)
	if err != nil {
		return importAPIKeysOutput{}, err
	}
	c.gateway.mu.Lock()
	defer c.gateway.mu.Unlock()
	i := keyImport{gateway: c.gateway, out: importAPIKeysOutput{IDs: []string{}, Warnings: []string{}}, seen: map[string]bool{}}
	for _, row := range rows {
		if err = i.add(row); err != nil {
			break
		}
	}
	if err == nil && in.FailOnWarnings && len(i.out.Warnings) > 0 {
		err = badRequest("API keys are not imported because of warnings: %s", strings.Join(i.out.Warnings, "; "))
	}
	if err != nil {
		i.revert()
		return importAPIKeysOutput{}, err
	}
	return i.out, nil
}

// keyImport is an import under way, under the gateway's mutex.
type keyImport struct {
	gateway *APIGateway
	out     importAPIKeysOutput
	seen    map[string]bool // ids
	undo    []func()
}

// revert leaves the keys as they were.
func (i *keyImport) revert() {
	for _, undo := range slices.Backward(i.undo) {
		undo()
	}
}

// add follows one row. It fails only where the account has no room.
func (i *keyImport) add(row keyRow) error {
	if row.fault != "" {
		i.warn(row, row.fault)
		return nil
	}
	now := time.Now()
	said := &apiKey{value: row.value, created: now, keySettings: keySettings{name: row.name, description: row.description, enabled: row.enabled, updated: now}}
	if err := checkKey(said); err != nil {
		i.warn(row, cloud.AsError(err).Message)
		return nil
	}
	key, err := i.put(said)
	if err != nil {
		return err
	}
	for _, id := range row.plans {
		plan, err := i.gateway.plan(id)
		if err == nil && key.to(plan) == nil {
			_, err = i.gateway.join(key, plan)
		}
		if err != nil {
			i.warn(row, cloud.AsError(err).Message+": "+id)
		}
	}
	if !i.seen[key.id] {
		i.seen[key.id] = true
		i.out.IDs = append(i.out.IDs, key.id)
	}
	return nil
}

// put makes a key, or gives the one with the value what is said of it.
func (i *keyImport) put(said *apiKey) (*apiKey, error) {
	keys := i.gateway.keys
	key := keys.byValue[said.value]
	if key == nil {
		if err := keys.check(said); err != nil {
			return nil, err
		}
		said.id = keys.newID()
		keys.add(said)
		i.undo = append(i.undo, func() { keys.remove(said) })
		return said, nil
	}
	settings, subscriptions := key.keySettings, slices.Clone(key.subscriptions)
	i.undo = append(i.undo, func() { key.keySettings, key.subscriptions = settings, subscriptions })
	key.name, key.description, key.enabled, key.updated = said.name, said.description, said.enabled, said.updated
	return key, nil
}

// warn tells what is wrong with a row, by its number: a key's value is a secret.
func (i *keyImport) warn(row keyRow, reason string) {
	i.out.Warnings = append(i.out.Warnings, row.place()+": "+reason)
}
