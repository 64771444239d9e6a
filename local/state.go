package local

// This file opens the folder that keeps what is the same in the next run.

import (
	"path/filepath"

	"github.com/tradepost-dev/tradepost/local/durable"
)

// openState claims the state folder, if there is one, and decides about ports.
func (e *Engine) openState(o Options) (err error) {
	ports := ""
	if o.State != "" {
		if e.claim, err = durable.Take(o.State); err != nil {
			return err
		}
		if ports, err = filepath.Abs(filepath.Join(o.State, "ports.json")); err != nil {
			return err
		}
	}
	if e.Cloud.Ports = o.Ports; o.Ports != nil {
		return nil
	}
	e.Cloud.Ports, err = durable.OpenPorts(o.Port, ports)
	return err
}

func (o Options) hostKeys() string {
	if o.State == "" {
		return ""
	}
	return filepath.Join(o.State, "hostkeys")
}
