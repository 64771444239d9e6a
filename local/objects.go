package local

// This file opens what stacks take out of S3: templates, code of functions, first
// items of tables. An object may have been put there, by `cdk deploy` say, or be a
// file among the assets of the assembly that the engine was started with.

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/cloudformation"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/s3"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// code finds the code of a function. The assembly has it as a folder, which the
// CDK's CLI would zip.
func (e *Engine) code(ctx context.Context, bucket, key, version string) (lambda.Code, error) {
	object, err := e.objects.As(e.Cloud.Administrator(), s3.Origin{}).Get(ctx, bucket, key, version)
	if err == nil {
		return lambda.Code{Zip: object.Body, Size: object.Size}, nil
	}
	if path, ok := e.assembly.Asset(bucket, key); ok && version == "" {
		return lambda.Code{Folder: path}, nil
	}
	fault := cloud.AsError(err)
	return lambda.Code{}, cloud.Errorf(400, "InvalidParameterValueException", "Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: %s", fault.Code, fault.Message)
}

// document reads an object that a template names, or the asset of the assembly.
func (e *Engine) document(ctx context.Context, bucket, key, version string) ([]byte, error) {
	object, err := e.objects.As(e.Cloud.Administrator(), s3.Origin{}).Get(ctx, bucket, key, version)
	if err == nil {
		return io.ReadAll(io.NewSectionReader(object.Body, 0, object.Size))
	}
	if path, ok := e.assembly.Asset(bucket, key); ok && version == "" {
		return os.ReadFile(path)
	}
	return nil, fmt.Errorf("s3://%s/%s: %w", bucket, key, err)
}

// open opens an object as the account's administrator.
func (e *Engine) open(ctx context.Context, bucket, key string) (io.Reader, error) {
	object, err := e.objects.As(e.Cloud.Administrator(), s3.Origin{}).Get(ctx, bucket, key, "")
	if err != nil {
		return nil, err
	}
	return io.NewSectionReader(object.Body, 0, object.Size), nil
}

// maxTemplate is how many bytes a template in S3 may have.
const maxTemplate = 1 << 20

// fetch reads a template that lies in S3.
func (e *Engine) fetch(ctx context.Context, caller cloud.Caller, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || !wire.ServesObjects(u.Host) {
		return nil, cloudformation.ErrAddress
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
	if bucket, virtual := wire.Bucket(address.Host); virtual {
		return bucket, strings.TrimPrefix(address.Path, "/")
	}
	bucket, key, _ = strings.Cut(strings.TrimPrefix(address.Path, "/"), "/")
	return bucket, key
}
