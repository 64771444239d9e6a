package main

// The team's own proof: whatever comes to the stack may come more than once, late and in any order.

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tradepost-dev/tradepost/handlers"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/simulation"

	"example.com/purchasing/status"
)

func TestWhatComesMoreThanOnceChangesNothing(t *testing.T) {
	simulation.Idempotent(t, []uint64{1, 2, 3}, simulation.Options{
		Assembly: assembly,
		Packages: handlers.All(), // of Tradepost's constructs
		Functions: map[string]simulation.Function{
			"Purchasing/Status": func(cfg aws.Config, env lambda.Environment) (any, error) {
				return status.New(cfg, env.Variables["TRANSACTIONS_TABLE"]), nil
			},
		},
		Scenario: func(ctx context.Context, w *simulation.World) error {
			if err := handOver(ctx, w, w.Endpoints.Outputs["Purchasing"]); err != nil {
				return err
			}
			time.Sleep(2 * time.Hour) // of a virtual clock: until all is quiet
			return nil
		},
	})
}

// handOver uploads a file of orders, as initech's, and signs a buyer up.
func handOver(ctx context.Context, w *simulation.World, outputs map[string]any) error {
	_, err := s3.NewFromConfig(w.AWS(), func(o *s3.Options) { o.UsePathStyle = true }).PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(fmt.Sprint(outputs["OrdersBucket"])), Key: aws.String("inbox/initech/orders.xml"), Body: strings.NewReader(
			`<Transactions><Transaction TransactionID="PO-1"><Notes>12 staplers, red</Notes></Transaction><Transaction TransactionID="PO-2"/></Transactions>`),
	})
	if err != nil {
		return fmt.Errorf("upload orders: %w", err)
	}
	signup, err := newRequest(ctx, w.AWS(), "POST", fmt.Sprint(outputs["BuyersURL"]), `{"user": {"userId": "peter", "email": "peter@initech.example", "metadata": {}}}`)
	if err != nil {
		return err
	}
	response, err := w.HTTP().Do(signup)
	if err != nil {
		return fmt.Errorf("sign peter up: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("sign peter up: %s", response.Status)
	}
	return nil
}
