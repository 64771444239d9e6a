package main

// This file starts what is measured from end to end.

import (
	"context"
	"errors"
	"os"

	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
)

// start starts a laptop in a folder of its own, without data: as in make demo, and
// in make up without STATE. Once it is stopped, nothing of it is left.
func (o options) start(ctx context.Context, settings laptop.Options) (l *laptop.Laptop, stop func() error, err error) {
	if settings.State, err = os.MkdirTemp("", "bench-"); err != nil {
		return nil, nil, err
	}
	settings.Root, settings.Engine.WithoutData = o.root, true
	if l, err = laptop.Start(ctx, settings); err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(settings.State))
	}
	return l, func() error { return errors.Join(l.Close(), os.RemoveAll(settings.State)) }, nil
}
