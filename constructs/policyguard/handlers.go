package policyguard

// This file knows the functions of the system, and what each may do.

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
)

// Handler is a function of lambdas/policyguard, whose code a team may replace.
type Handler string

// The functions.
const (
	Evaluate Handler = "evaluate"
	RollBack Handler = "rollback"
	Restore  Handler = "restore"
)

var handlers = []Handler{Evaluate, RollBack, Restore}

// addFunctions declares the functions. A lock of rollback and restore holds for
// longer than either may run.
func (s *System) addFunctions(functions gofunction.Set[Handler], restricted []string) {
	list, err := json.Marshal(restricted)
	if err != nil {
		panic(err) // texts always marshal
	}
	s.Evaluate = functions.Add("Evaluate", Evaluate, gofunction.Props{
		Description: "Judges what a call has put in force of an IAM policy",
		Environment: map[string]string{contract.EnvRestricted: string(list)},
		Memory:      1769, // a whole core, for whoever writes patterns that take long
		Timeout:     30 * time.Second,
	})
	cases := map[string]string{contract.EnvCasesTable: *s.Cases.TableName()}
	s.RollBack = functions.Add("RollBack", RollBack, gofunction.Props{
		Description: "Puts a placeholder in force that grants nothing",
		Environment: cases, Memory: 512, Timeout: 30 * time.Second,
	})
	s.Restore = functions.Add("Restore", Restore, gofunction.Props{
		Description: "Puts an IAM policy in force again that administrators have approved",
		Environment: cases, Memory: 512, Timeout: 30 * time.Second,
	})
	operation.AllowTable(s.RollBack, s.Cases, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
	operation.AllowTable(s.Restore, s.Cases, "dynamodb:GetItem", "dynamodb:UpdateItem")
	s.allowPolicies(s.Evaluate, []string{"Get"}, "GetPolicyVersion")
	s.allowPolicies(s.RollBack, []string{"Get", "Put", "Delete"},
		"GetPolicy", "GetPolicyVersion", "ListPolicyVersions", "CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion")
	s.allowPolicies(s.Restore, []string{"Get", "Put"}, "GetPolicy", "SetDefaultPolicyVersion", "DeletePolicyVersion")
}

// allowPolicies lets a function work on all policies of the account: inline ones
// by verbs, managed ones by actions.
func (s *System) allowPolicies(function *gofunction.Function, verbs []string, managed ...string) {
	allow := func(resource string, actions ...string) {
		for i, action := range actions {
			actions[i] = "iam:" + action
		}
		operation.Allow(function, []string{s.iamARN(resource)}, actions...)
	}
	allow("policy/*", managed...)
	for _, holder := range []struct{ resource, policy string }{{"role/*", "RolePolicy"}, {"user/*", "UserPolicy"}, {"group/*", "GroupPolicy"}} {
		var inline []string
		for _, verb := range verbs {
			inline = append(inline, verb+holder.policy)
		}
		allow(holder.resource, inline...)
	}
	operation.Suppress(function.Role, "AwsSolutions-IAM5", "It guards every policy of the account, whatever they are called.",
		`^Resource::arn:.*:(policy|role|user|group)/\*$`)
}

// iamARN is that of an IAM resource of the account.
func (s *System) iamARN(resource string) string {
	stack := awscdk.Stack_Of(s.Construct)
	return strings.Join([]string{"arn", *stack.Partition(), "iam", "", *stack.Account(), resource}, ":")
}
