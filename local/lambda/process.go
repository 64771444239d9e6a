package lambda

// This file starts processes from one thread of the engine that lives as long
// as the engine: on Linux a process can be told to end with its parent, but
// the parent is then the thread that started it.

import (
	"context"
	"os/exec"
	"runtime"
	"sync"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type launcher struct {
	cloud *cloud.Cloud
	once  sync.Once
	jobs  chan launch
	ended chan struct{}
}

type launch struct {
	cmd  *exec.Cmd
	done chan error
}

// start starts a process that ends, at the latest, with the engine.
func (l *launcher) start(cmd *exec.Cmd) error {
	l.once.Do(func() {
		l.jobs, l.ended = make(chan launch), make(chan struct{})
		l.cloud.Go(l.run)
	})
	job := launch{cmd, make(chan error, 1)}
	select {
	case l.jobs <- job:
		return <-job.done
	case <-l.ended:
		return context.Canceled
	}
}

func (l *launcher) run(ctx context.Context) {
	runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
	defer close(l.ended)
	for {
		select {
		case job := <-l.jobs:
			job.done <- job.cmd.Start()
		case <-ctx.Done():
			return
		}
	}
}
