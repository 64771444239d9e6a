package usagekeys

// This file makes and removes keys.

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/tradepost-dev/tradepost/internal/patience"
)

const (
	// perImport is how many keys one call makes. API Gateway lets an account
	// make 5 calls of CreateApiKey a second, and 10 of those that have no limit
	// of their own, as ImportApiKeys
	// (docs.aws.amazon.com/apigateway/latest/developerguide/limits.html): by
	// the one, 10,000 partners would take more than half an hour.
	perImport = 500

	// perPage is API Gateway's own limit.
	perPage = 500
)

// Make makes keys, each in its plan. One that is there already is made again,
// to no effect.
func (r *Ring) Make(ctx context.Context, keys []Key) error {
	for chunk := range slices.Chunk(keys, perImport) {
		if err := r.make(ctx, chunk); err != nil {
			return fmt.Errorf("make API keys, %s to %s: %w", chunk[0].Name, chunk[len(chunk)-1].Name, err)
		}
	}
	return nil
}

func (r *Ring) make(ctx context.Context, keys []Key) error {
	var file bytes.Buffer
	writer := csv.NewWriter(&file)
	writer.Write([]string{"Name", "Key", "Enabled", "UsagePlanIds"})
	for _, key := range keys {
		writer.Write([]string{key.Name, key.Value, "true", key.Plan})
	}
	writer.Flush() // writes to memory never fail
	var output *apigateway.ImportApiKeysOutput
	err := patience.Retry(ctx, func() (err error) {
		output, err = r.APIGateway.ImportApiKeys(ctx, &apigateway.ImportApiKeysInput{Body: file.Bytes(), Format: types.ApiKeysFormatCsv})
		if full, ok := errors.AsType[*types.LimitExceededException](err); ok {
			// Not by its type, which is that of a call to be made again.
			return fmt.Errorf("the account has as many API keys as AWS lets it have: %s", full.ErrorMessage())
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(output.Ids) != len(keys) {
		return fmt.Errorf("%d of %d are made: %s", len(output.Ids), len(keys), strings.Join(output.Warnings, "; "))
	}
	return nil
}

// Mend makes the wanted keys that are missing, and removes those that are
// neither wanted nor kept (by value) nor younger than grace. needs is asked once the keys
// are listed. Mend reports how many it removed, also when it fails.
func (r *Ring) Mend(ctx context.Context, grace time.Duration, needs func() (wanted []Key, kept []string, err error)) (removed int, err error) {
	found := make(map[string]types.ApiKey) // by value
	if err := r.each(ctx, func(key types.ApiKey) { found[value(aws.ToString(key.Name))] = key }); err != nil {
		return 0, err
	}
	wanted, kept, err := needs()
	if err != nil {
		return 0, err
	}
	var missing []Key
	for _, key := range wanted {
		if _, there := found[key.Value]; !there {
			missing = append(missing, key)
		}
		delete(found, key.Value)
	}
	if err := r.Make(ctx, missing); err != nil {
		return 0, err
	}
	for _, value := range kept {
		delete(found, value)
	}
	var orphans []string
	for _, key := range found {
		if time.Since(aws.ToTime(key.CreatedDate)) >= grace && time.Since(aws.ToTime(key.LastUpdatedDate)) >= grace {
			orphans = append(orphans, aws.ToString(key.Id))
		}
	}
	return r.remove(ctx, orphans)
}

// Empty removes all keys, as the usage plans are about to go. It reports how
// many it removed, also when it fails, and how many there were.
func (r *Ring) Empty(ctx context.Context) (removed, all int, err error) {
	var ids []string
	if err := r.each(ctx, func(key types.ApiKey) { ids = append(ids, aws.ToString(key.Id)) }); err != nil {
		return 0, 0, err
	}
	removed, err = r.remove(ctx, ids)
	return removed, len(ids), err
}

// each calls back with every key of the ring.
func (r *Ring) each(ctx context.Context, visit func(types.ApiKey)) error {
	input := &apigateway.GetApiKeysInput{NameQuery: aws.String(r.Prefix), Limit: aws.Int32(perPage)}
	for {
		var page *apigateway.GetApiKeysOutput
		err := patience.Retry(ctx, func() (err error) {
			page, err = r.APIGateway.GetApiKeys(ctx, input)
			return err
		})
		if err != nil {
			return fmt.Errorf("list API keys %s: %w", r.Prefix, err)
		}
		for _, key := range page.Items {
			// Not all that NameQuery finds need begin with it.
			if strings.HasPrefix(aws.ToString(key.Name), r.Prefix) {
				visit(key)
			}
		}
		if aws.ToString(page.Position) == "" {
			return nil
		}
		input.Position = page.Position
	}
}

// remove removes keys one by one, as API Gateway has it, 5 a second.
func (r *Ring) remove(ctx context.Context, ids []string) (removed int, err error) {
	for _, id := range ids {
		err := patience.Retry(ctx, func() error {
			_, err := r.APIGateway.DeleteApiKey(ctx, &apigateway.DeleteApiKeyInput{ApiKey: aws.String(id)})
			if _, gone := errors.AsType[*types.NotFoundException](err); gone {
				return nil // somebody else was faster
			}
			return err
		})
		if err != nil {
			return removed, fmt.Errorf("remove API key %s: %w", id, err)
		}
		removed++
	}
	return removed, nil
}
