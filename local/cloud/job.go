package cloud

import "context"

// Worker is a service whose jobs others wait for.
type Worker interface {
	// AwaitJob waits until a job has ended, or is not there.
	AwaitJob(ctx context.Context, id string) error
}

// AwaitJob waits until a job of a service has ended, by the id that the service
// gives its jobs. It returns at once where the service has none.
func (c *Cloud) AwaitJob(ctx context.Context, service, id string) error {
	if worker, ok := c.services[service].(Worker); ok {
		return worker.AwaitJob(ctx, id)
	}
	return nil
}
