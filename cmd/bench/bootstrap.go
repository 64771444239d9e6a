package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/tradepost-dev/tradepost/internal/contract/accounts"
	"github.com/tradepost-dev/tradepost/internal/contract/approval"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/contract/invoices"
	"github.com/tradepost-dev/tradepost/internal/contract/ordering"
	"github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/contract/training"
	"github.com/tradepost-dev/tradepost/internal/contract/webhooks"
)

// starts is how often each binary is started; the median counts.
const starts = 15

func measureBootstraps(ctx context.Context, o options) ([]result, error) {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	sources, err := filepath.Glob(filepath.Join(o.root, "lambdas", "*", "*", "bootstrap"))
	if err != nil {
		return nil, err
	}
	baseline, err := baselineStart(ctx, dir)
	if err != nil {
		return nil, err
	}
	var results []result
	for _, source := range sources {
		folder := filepath.Dir(source)
		name := filepath.Base(filepath.Dir(folder)) + "/" + filepath.Base(folder)
		binary := filepath.Join(dir, filepath.Base(folder))
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags=lambda.norpc", "-o", binary, ".")
		build.Dir = source
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
		info, err := os.Stat(binary)
		if err != nil {
			return nil, err
		}
		first, err := firstRequest(ctx, binary)
		if err != nil {
			return nil, fmt.Errorf("start %s: %w", name, err)
		}
		results = append(results, result{
			"bootstrap " + name,
			fmt.Sprintf("%.1f MB, %.1f ms to the first /next", float64(info.Size())/1e6, first.Seconds()*1e3),
			fmt.Sprintf("an empty Go program runs in %.1f ms", baseline.Seconds()*1e3),
			"12 MB, 5 ms",
		})
	}
	return results, nil
}

// baselineStart is how long a Go program that does nothing takes.
func baselineStart(ctx context.Context, dir string) (time.Duration, error) {
	source := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		return 0, err
	}
	binary := filepath.Join(dir, "empty")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, source).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build an empty program: %w\n%s", err, out)
	}
	return median(func() (time.Duration, error) {
		began := time.Now()
		err := exec.CommandContext(ctx, binary).Run()
		return time.Since(began), err
	})
}

// firstRequest is how long a bootstrap takes from exec until it asks the
// Lambda Runtime API for work.
func firstRequest(ctx context.Context, binary string) (time.Duration, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	asked := make(chan time.Time, 1)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- time.Now():
		default:
		}
		<-r.Context().Done()
	})}
	defer server.Close()
	go server.Serve(listener)
	return median(func() (time.Duration, error) {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		c := exec.CommandContext(ctx, binary)
		c.Env = environment(listener.Addr().String())
		began := time.Now()
		if err := c.Start(); err != nil {
			return 0, err
		}
		defer func() {
			cancel()
			_ = c.Wait() // it was killed
		}()
		select {
		case at := <-asked:
			return at.Sub(began), nil
		case <-ctx.Done():
			return 0, fmt.Errorf("it asked for no work: %w", ctx.Err())
		}
	})
}

// environment is what the handlers read; the values are never used.
func environment(runtimeAPI string) []string {
	values := []string{"AWS_LAMBDA_RUNTIME_API=" + runtimeAPI, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x"}
	for _, name := range []string{
		contract.EnvFilesTable, contract.EnvTransactionsTable, contract.EnvOutcomesTable, contract.EnvQueueURL, contract.EnvWorkflowARN,
		contract.EnvSettlementARN, contract.EnvDirectoryTable, contract.EnvMetricNamespace, contract.EnvPipeline,
		ordering.EnvWorkflowARN, ordering.EnvDeadLettersURL, ordering.EnvStockTable, ordering.EnvOrdersTable, ordering.EnvNoticesARN,
		approval.EnvRequestsTable, approval.EnvTopicARN, approval.EnvKeySecret, approval.EnvPageURL, policyguard.EnvCasesTable,
		webhooks.EnvSecretPrefix, webhooks.EnvStream, webhooks.EnvStreamARN, webhooks.EnvClaimsTable, webhooks.EnvFailuresURL, webhooks.EnvTopicARN,
		webhooks.EnvEventsTable, webhooks.EnvSystem, training.EnvDataBucket, training.EnvDataPrefix, training.EnvWorkBucket, training.EnvRunsTable, training.EnvEndpoint, training.EnvName,
		invoices.EnvInvoicesTable, invoices.EnvPaymentsTable, invoices.EnvArchiveBucket, invoices.EnvTopicARN, invoices.EnvTextractRole, invoices.EnvMetrics, invoices.EnvSystem,
	} {
		values = append(values, name+"=x")
	}
	values = append(values, accounts.EnvApplicationsTable+"=x", accounts.EnvAccountsTable+"=x", accounts.EnvRefusedNames+"=[]",
		approval.EnvApprovers+`=["ops@example.com"]`, policyguard.EnvRestricted+`=["iam:*"]`, policyguard.EnvOwn+"=[]",
		webhooks.EnvSources+"={}", invoices.EnvLimits+"={}", invoices.EnvSymbols+"={}", invoices.EnvDecimalMark+"="+invoices.Ask, invoices.EnvDateOrder+"="+invoices.Ask, invoices.EnvConfidence+"=90", contract.EnvSessions+"={}")
	for _, name := range []string{contract.EnvSettlementTimeout, contract.EnvRetention, approval.EnvTimeout, webhooks.EnvPatience, webhooks.EnvRemember, invoices.EnvDeadline, invoices.EnvReviewTime} {
		values = append(values, name+"=24h")
	}
	for _, name := range []string{contract.EnvSettlementRate, contract.EnvMaxFileBytes, contract.EnvMaxFileRecords} {
		values = append(values, name+"=1000")
	}
	return values
}

func median(measure func() (time.Duration, error)) (time.Duration, error) {
	var times []time.Duration
	for range starts {
		d, err := measure()
		if err != nil {
			return 0, err
		}
		times = append(times, d)
	}
	return medianOf(times), nil
}
