package local

// This file readies the stacks that change sets create while the engine runs.

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/s3"
)

// ready makes the stack of a template. What of it the engine does not do, the
// change set tells.
func (e *Engine) ready(name string, template *cfn.Template, parameters map[string]string) (cfn.Stack, error) {
	if nested := template.Declared(nestedType); len(nested) > 0 {
		return cfn.Stack{}, fmt.Errorf("the local engine creates nested stacks only when it starts, not by change sets: %s", strings.Join(nested, ", "))
	}
	dropProviders(template)
	return e.stack(name, template, parameters), nil
}

// maxTemplate is how many bytes a template in S3 may have.
const maxTemplate = 1 << 20

// fetch reads a template that lies in S3.
func (e *Engine) fetch(ctx context.Context, caller cloud.Caller, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("TemplateURL is no address of an object: %s", address)
	}
	bucket, key := objectAt(u)
	object, err := e.objects.As(caller, s3.Origin{}).Get(ctx, bucket, key, u.Query().Get("versionId"))
	if err != nil {
		return nil, err
	}
	if object.Size > maxTemplate {
		return nil, fmt.Errorf("the template has %d bytes, and may have %d", object.Size, maxTemplate)
	}
	return io.ReadAll(io.NewSectionReader(object.Body, 0, object.Size))
}

// objectAt is the object at an address, which has the bucket in its path or in
// its host.
func objectAt(address *url.URL) (bucket, key string) {
	if host, _, virtual := strings.Cut(address.Host, ".s3."); virtual {
		return host, strings.TrimPrefix(address.Path, "/")
	}
	bucket, key, _ = strings.Cut(strings.TrimPrefix(address.Path, "/"), "/")
	return bucket, key
}
