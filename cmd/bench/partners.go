package main

// This file measures the directory of partners: how long ten thousand take to come
// into it, and what they cost a partner that logs in.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b"
	"github.com/tradepost-dev/tradepost/cmd/internal/laptop"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/enrolment"
	"github.com/tradepost-dev/tradepost/internal/partners"
	"github.com/tradepost-dev/tradepost/local"
)

const (
	// enrolled is how many partners come: as many as a region has API keys for.
	enrolled = 10_000

	// logins is how often each function is asked; the median counts.
	logins = 1000
)

// measurePartners asks the functions that let partners in before and after ten
// thousand have come, and applies their list twice.
func measurePartners(ctx context.Context, o options) (results []result, err error) {
	local.LimitMemory()
	l, stop, err := o.start(ctx, laptop.Options{Systems: []laptop.System{b2b.System()}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	desk, err := b2b.Connect(ctx, l)
	if err != nil {
		return nil, err
	}
	list, err := partners.Load(filepath.Join(l.State, "partners.json"))
	if err != nil {
		return nil, err
	}
	few := len(list)
	before, err := askAll(ctx, desk)
	if err != nil {
		return nil, err
	}
	for i := range enrolled - few {
		list = append(list, partners.Partner{
			ID: fmt.Sprintf("bench-%05d", i), ContactEmail: "edi@bench.example", SSHPublicKeys: list[0].SSHPublicKeys,
		})
	}
	first, err := apply(ctx, desk, list, enrolment.Report{Added: enrolled - few, Unchanged: few})
	if err != nil {
		return nil, err
	}
	second, err := apply(ctx, desk, list, enrolment.Report{Unchanged: enrolled})
	if err != nil {
		return nil, err
	}
	after, err := askAll(ctx, desk)
	if err != nil {
		return nil, err
	}
	results = []result{{fmt.Sprintf("a list of %d partners applied", enrolled), fmt.Sprintf("%.1f s", first.Seconds()),
		fmt.Sprintf("the same list again %.1f s", second.Seconds()), "60 s"}}
	for i, asked := range askable {
		results = append(results, result{fmt.Sprintf("%s beside %d partners", asked.name, enrolled),
			fmt.Sprintf("%.2f times as long as beside %d", after[i].Seconds()/before[i].Seconds(), few),
			fmt.Sprintf("%.2f ms, %.2f ms", after[i].Seconds()*1e3, before[i].Seconds()*1e3), "1.5 times"})
	}
	return results, nil
}

// apply applies a list, of which the report has to be the wanted one.
func apply(ctx context.Context, desk *b2b.Desk, list []partners.Partner, want enrolment.Report) (time.Duration, error) {
	keeper, err := desk.Keeper()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	got, err := keeper.Apply(ctx, list, enrolment.Options{})
	if err == nil && (got.Added != want.Added || got.Unchanged != want.Unchanged) {
		err = fmt.Errorf("the list has made %+v, want %+v", got, want)
	}
	return time.Since(began), err
}

// askable are the functions that let partners in. Each is asked what makes it read
// the directory: authorize remembers whom it has let in, and nobody else.
var askable = []struct {
	name, part string
	event      any
	refuses    string // the error that it answers
}{
	{"authenticate", "-PipelineSFTPAuthenticate", contract.Login{Username: "acme", Protocol: "SFTP", SourceIP: "192.0.2.1"}, ""},
	{"authorize", "-PipelineRESTAuthorize", events.APIGatewayCustomAuthorizerRequestTypeRequest{
		MethodArn:         "arn:aws:execute-api:us-east-1:000000000000:api/stage/GET/transactions/none",
		MultiValueHeaders: http.Header{"Authorization": {"Bearer acme." + strings.Repeat("0", 64)}},
	}, "Unauthorized"},
}

// askAll is how long each function takes.
func askAll(ctx context.Context, desk *b2b.Desk) (took []time.Duration, err error) {
	client := lambda.NewFromConfig(desk.AWS())
	names, err := client.ListFunctions(ctx, &lambda.ListFunctionsInput{})
	if err != nil {
		return nil, err
	}
	for _, asked := range askable {
		payload, err := json.Marshal(asked.event)
		if err != nil {
			return nil, err
		}
		for _, f := range names.Functions {
			if !strings.HasPrefix(*f.FunctionName, desk.Stack+asked.part) {
				continue
			}
			each, err := ask(ctx, client, &lambda.InvokeInput{FunctionName: f.FunctionName, Payload: payload}, asked.refuses)
			if err != nil {
				return nil, fmt.Errorf("ask %s: %w", asked.name, err)
			}
			took = append(took, each)
		}
	}
	if len(took) != len(askable) {
		return nil, fmt.Errorf("of the functions that let partners in there are %d", len(took))
	}
	return took, nil
}

// ask is the median of how long a function takes, once it is warm.
func ask(ctx context.Context, client *lambda.Client, input *lambda.InvokeInput, refuses string) (time.Duration, error) {
	took := make([]time.Duration, 0, logins)
	for len(took) < logins {
		began := time.Now()
		answer, err := client.Invoke(ctx, input)
		if err != nil {
			return 0, err
		}
		if (answer.FunctionError != nil) != (refuses != "") || !strings.Contains(string(answer.Payload), refuses) {
			return 0, fmt.Errorf("it answers %s", answer.Payload)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
