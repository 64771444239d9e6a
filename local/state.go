package local

// This file opens the folder that keeps what outlives the engine.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tradepost-dev/tradepost/local/durable"
)

// openState claims the state folder, if there is one, and decides about ports.
func (e *Engine) openState(o Options) (err error) {
	ports, folder := "", ""
	if o.State != "" {
		if folder, err = filepath.Abs(o.State); err != nil {
			return err
		}
		if e.claim, err = durable.Take(folder); err != nil {
			return err
		}
		ports = filepath.Join(folder, "ports.json")
	}
	if e.Cloud.Ports = o.Ports; o.Ports == nil {
		if e.Cloud.Ports, err = durable.OpenPorts(o.Port, ports); err != nil {
			return err
		}
	}
	if folder == "" {
		return nil
	}
	options := durable.StoreOptions{Notice: o.Notice}
	if o.WithoutData {
		options.Wanted = isSecret
	}
	if e.Cloud.Keeper, err = durable.OpenStore(folder, options); err != nil {
		return err
	}
	if err := errors.Join(e.gateway.Keep(), e.stacks.Keep(), e.machines.Keep()); err != nil {
		return err
	}
	return e.openObjects(o.objectFolder())
}

func isSecret(arn string) bool { return strings.HasPrefix(arn, "arn:aws:secretsmanager:") }

func (e *Engine) openObjects(folder string) error {
	if folder == "" {
		return nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make the folder of objects: %w", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("read the folder of objects: %w", err)
	}
	for _, entry := range entries {
		e.bodies = append(e.bodies, entry.Name())
	}
	return nil
}

// keepState saves from now on, when all resources have taken their state.
func (e *Engine) keepState() error {
	store, ok := e.Cloud.Keeper.(*durable.Store)
	if !ok {
		return nil
	}
	if err := e.machines.Revive(); err != nil {
		return err
	}
	if err := errors.Join(store.Prune(), e.objects.Sweep(e.bodies)); err != nil {
		return err
	}
	e.store = store
	e.Cloud.Go(store.Run)
	e.machines.AnnounceAborted()
	return nil
}

// objectFolder is where the bodies of objects are kept, or empty.
func (o Options) objectFolder() string {
	if o.WithoutData {
		return ""
	}
	return o.stateFolder("objects")
}

func (o Options) stateFolder(name string) string {
	if o.State == "" {
		return ""
	}
	return filepath.Join(o.State, name)
}
