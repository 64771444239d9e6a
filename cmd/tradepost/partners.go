package main

// This file is the verb partners: what an operator does to the directory of
// partners.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tradepost-dev/tradepost/cmd/internal/command"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/internal/enrolment"
	"github.com/tradepost-dev/tradepost/internal/usagekeys"
)

var partnersVerb = command.Verbs("tradepost partners",
	command.Verb{Name: "list", Summary: "show who is a partner, and what each may do", Run: listVerb},
	command.Verb{Name: "apply", Summary: "bring a list of partners into the directory", Run: applyVerb},
	command.Verb{Name: "add", Summary: "add a partner, and print its bearer token", Run: addVerb},
	command.Verb{Name: "change", Summary: "change a partner's keys, addresses, tier, name...", Run: changeVerb},
	command.Verb{Name: "enable", Summary: "let a partner do all that partners do", Run: statusVerb("enable", contract.PartnerEnabled)},
	command.Verb{Name: "drain", Summary: "take nothing new from a partner, which still sees its replies", Run: statusVerb("drain", contract.PartnerDraining)},
	command.Verb{Name: "disable", Summary: "let a partner in no more", Run: statusVerb("disable", contract.PartnerDisabled)},
	command.Verb{Name: "release", Summary: "leave to the list what an operator has set", Run: releaseVerb},
	command.Verb{Name: "rotate", Summary: "make a partner a new token, and print it; the one before stays valid", Run: rotateVerb},
	command.Verb{Name: "revoke", Summary: "end the token before the last rotation", Run: revokeVerb},
)

// taken is how long a change takes to be in force everywhere.
const taken = "by SFTP at the next login, by REST within 2 minutes"

// keeperOf finds the directory of a pipeline's stack.
func keeperOf(ctx context.Context, stack string) (*enrolment.Keeper, error) {
	cfg, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	found, err := outputs(ctx, cfg, stack, "DirectoryTable", "UsageKeyPrefix", "UsagePlans")
	if err != nil {
		return nil, err
	}
	keys := &usagekeys.Ring{APIGateway: apigateway.NewFromConfig(cfg), Prefix: found["UsageKeyPrefix"]}
	if err := json.Unmarshal([]byte(found["UsagePlans"]), &keys.Plans); err != nil {
		return nil, fmt.Errorf("the output UsagePlans of the stack %s is no JSON object of texts: %w", stack, err)
	}
	return &enrolment.Keeper{DynamoDB: dynamodb.NewFromConfig(cfg), Table: found["DirectoryTable"], Keys: keys}, nil
}

// aboutPartner reads a command line about one partner and no more, and finds the
// directory.
func aboutPartner(ctx context.Context, verb, usage string, arguments []string) (keeper *enrolment.Keeper, partner string, err error) {
	flags, stack := newFlags("partners "+verb, usage)
	if err := command.Parse(flags, arguments, command.Operand{Name: "PARTNER", Value: &partner}); err != nil {
		return nil, "", err
	}
	keeper, err = keeperOf(ctx, *stack)
	return keeper, partner, err
}

// advised adds to an error what to do about it.
func advised(err error, partner string) error {
	switch {
	case errors.Is(err, enrolment.ErrUnknown):
		return fmt.Errorf("%w: tradepost partners list shows those there are", err)
	case errors.Is(err, enrolment.ErrExists):
		return fmt.Errorf("%w: tradepost partners change %s changes it", err, partner)
	case errors.Is(err, enrolment.ErrOverlap):
		return fmt.Errorf("%w: revoke that first (tradepost partners revoke %s), or, if it is the newer that was lost, replace it (tradepost partners rotate %s --lost)", err, partner, partner)
	}
	return err
}
