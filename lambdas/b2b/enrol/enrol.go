// Package enrol is the custom resource by which CloudFormation applies the list
// of partners to the directory.
package enrol

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/enrolment"
	"github.com/tradepost-dev/tradepost/internal/partners"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/internal/usagekeys"
)

// maxList bounds a list: it and what is made of it are held in memory.
const maxList = 64 << 20

// S3 is what the handler needs of the S3 client.
type S3 interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// Handler applies lists.
type Handler struct {
	S3         S3
	DynamoDB   enrolment.DynamoDB
	APIGateway usagekeys.APIGateway
}

// Handle is what CloudFormation calls, with a contract.Enrolment. Deleted, it
// removes the API keys that were made for partners, which are in no template;
// rows stay, as the table may.
//
// The resource is its API keys: another prefix is another resource, and the old
// one is deleted with its own keys. If it runs out of time it fails and says how
// far it came; what was applied stays, and the next attempt goes on from there.
func (h *Handler) Handle(ctx context.Context, event cfn.Event) (id string, data map[string]any, err error) {
	ctx, cancel := patience.UntilShortlyBefore(ctx)
	defer cancel()
	e, err := properties(event)
	if err != nil {
		if event.RequestType == cfn.RequestDelete {
			err = nil // such a resource was never made
		}
		return event.PhysicalResourceID, nil, err
	}
	if event.RequestType == cfn.RequestDelete {
		return event.PhysicalResourceID, nil, h.leave(ctx, e)
	}
	data, err = h.apply(ctx, e)
	return identity(e), data, err
}

// identity is the resource's id.
func identity(e contract.Enrolment) string {
	if e.UsageKeyPrefix == "" {
		return "partners in " + e.Table
	}
	return "partners " + e.UsageKeyPrefix
}

func properties(event cfn.Event) (e contract.Enrolment, err error) {
	text, err := json.Marshal(event.ResourceProperties)
	if err != nil {
		return e, fmt.Errorf("encode the properties: %w", err)
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return e, fmt.Errorf("read the properties: %w", err)
	}
	switch {
	case e.Table == "":
		return e, errors.New("the resource has no Table")
	case e.ListBucket == "" && e.ListKey != "":
		return e, errors.New("the resource has a ListKey and no ListBucket")
	case e.ListBucket != "" && e.ListKey == "":
		return e, errors.New("the resource has a ListBucket and no ListKey")
	case (e.UsageKeyPrefix == "") != (len(e.UsagePlans) == 0):
		return e, errors.New("the resource has either UsageKeyPrefix or UsagePlans: give both or none")
	}
	return e, nil
}

func (h *Handler) ring(e contract.Enrolment) *usagekeys.Ring {
	if e.UsageKeyPrefix == "" {
		return nil
	}
	return &usagekeys.Ring{APIGateway: h.APIGateway, Prefix: e.UsageKeyPrefix, Plans: e.UsagePlans}
}

func (h *Handler) apply(ctx context.Context, e contract.Enrolment) (map[string]any, error) {
	if e.ListKey == "" {
		return nil, nil // whoever is a partner, an operator says
	}
	list, err := h.read(ctx, e)
	if err != nil {
		return nil, err
	}
	keeper := &enrolment.Keeper{DynamoDB: h.DynamoDB, Table: e.Table, Keys: h.ring(e)}
	report, err := keeper.Apply(ctx, list, enrolment.Options{})
	slog.InfoContext(ctx, "applied the list of partners", "partners", len(list), "added", report.Added, "changed", report.Changed,
		"unchanged", report.Unchanged, "kept", len(report.Kept), "drained", len(report.Drained), "keysRemoved", report.KeysRemoved)
	if err != nil {
		return nil, fmt.Errorf("%d of %d partners are applied and stay so; deploy again to go on: %w", report.Done(), len(list), err)
	}
	return map[string]any{
		contract.EnrolAdded:     report.Added,
		contract.EnrolChanged:   report.Changed,
		contract.EnrolUnchanged: report.Unchanged,
		contract.EnrolKept:      len(report.Kept),
		contract.EnrolDrained:   len(report.Drained),
	}, nil
}

// read reads the list. Its faults are those of the file, which was checked when
// the template was made.
func (h *Handler) read(ctx context.Context, e contract.Enrolment) ([]partners.Partner, error) {
	object, err := h.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(e.ListBucket), Key: aws.String(e.ListKey)})
	if err != nil {
		return nil, fmt.Errorf("read the list %s of bucket %s: %w", e.ListKey, e.ListBucket, err)
	}
	defer object.Body.Close()
	text, err := io.ReadAll(io.LimitReader(object.Body, maxList+1))
	if err != nil {
		return nil, fmt.Errorf("read the list %s of bucket %s: %w", e.ListKey, e.ListBucket, err)
	}
	if len(text) > maxList {
		return nil, fmt.Errorf("the list %s of bucket %s has more than %d bytes", e.ListKey, e.ListBucket, maxList)
	}
	return partners.Parse(text)
}

// leave removes the API keys.
func (h *Handler) leave(ctx context.Context, e contract.Enrolment) error {
	ring := h.ring(e)
	if ring == nil {
		return nil
	}
	removed, all, err := ring.Empty(ctx)
	slog.InfoContext(ctx, "removed the partners' API keys", "removed", removed, "of", all)
	if err != nil {
		return fmt.Errorf("%d of %d API keys are removed; delete the stack again to go on: %w", removed, all, err)
	}
	return nil
}
