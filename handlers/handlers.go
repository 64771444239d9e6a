// Package handlers has what runs of the functions of Tradepost's constructs, so that
// an app that has these in it can be simulated with them (local/simulation).
package handlers

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tradepost-dev/tradepost/internal/environment"
	"github.com/tradepost-dev/tradepost/lambdas/accounts/approveapplication"
	"github.com/tradepost-dev/tradepost/lambdas/accounts/checkaddress"
	"github.com/tradepost-dev/tradepost/lambdas/accounts/checkname"
	"github.com/tradepost-dev/tradepost/lambdas/accounts/opennewaccount"
	approvalconclude "github.com/tradepost-dev/tradepost/lambdas/approval/conclude"
	"github.com/tradepost-dev/tradepost/lambdas/approval/page"
	"github.com/tradepost-dev/tradepost/lambdas/approval/request"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/accept"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/acknowledge"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/authenticate"
	b2bauthorize "github.com/tradepost-dev/tradepost/lambdas/b2b/authorize"
	b2bconclude "github.com/tradepost-dev/tradepost/lambdas/b2b/conclude"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/enrol"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/format"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/split"
	b2bstart "github.com/tradepost-dev/tradepost/lambdas/b2b/start"
	"github.com/tradepost-dev/tradepost/lambdas/b2b/tally"
	b2bwatch "github.com/tradepost-dev/tradepost/lambdas/b2b/watch"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/analyze"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/archive"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/pay"
	invoicesprocess "github.com/tradepost-dev/tradepost/lambdas/invoices/process"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/register"
	"github.com/tradepost-dev/tradepost/lambdas/invoices/save"
	invoicesstart "github.com/tradepost-dev/tradepost/lambdas/invoices/start"
	invoiceswatch "github.com/tradepost-dev/tradepost/lambdas/invoices/watch"
	"github.com/tradepost-dev/tradepost/lambdas/onboarding/processreferral"
	"github.com/tradepost-dev/tradepost/lambdas/operation/empty"
	"github.com/tradepost-dev/tradepost/lambdas/ordering/checkavailability"
	"github.com/tradepost-dev/tradepost/lambdas/ordering/notifycustomer"
	"github.com/tradepost-dev/tradepost/lambdas/ordering/placeorder"
	orderingstart "github.com/tradepost-dev/tradepost/lambdas/ordering/start"
	"github.com/tradepost-dev/tradepost/lambdas/policyguard/evaluate"
	"github.com/tradepost-dev/tradepost/lambdas/policyguard/restore"
	"github.com/tradepost-dev/tradepost/lambdas/policyguard/rollback"
	"github.com/tradepost-dev/tradepost/lambdas/training/finddata"
	"github.com/tradepost-dev/tradepost/lambdas/training/predict"
	"github.com/tradepost-dev/tradepost/lambdas/training/report"
	webhooksauthorize "github.com/tradepost-dev/tradepost/lambdas/webhooks/authorize"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/forward"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/normalise"
	webhooksprocess "github.com/tradepost-dev/tradepost/lambdas/webhooks/process"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/publish"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/receive"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/record"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/salvage"
	"github.com/tradepost-dev/tradepost/lambdas/webhooks/validate"
	"github.com/tradepost-dev/tradepost/local/lambda"
	"github.com/tradepost-dev/tradepost/local/simulation"
)

// wiring makes a handler of what its function finds in its environment.
type wiring = func(aws.Config, *environment.Reader) any

// plain is the wiring of a handler that needs nothing.
func plain(handler any) wiring { return func(aws.Config, *environment.Reader) any { return handler } }

// wirings are what mains run, by their folders in lambdas.
var wirings = map[string]wiring{
	"accounts/approveapplication": approveapplication.Wire,
	"accounts/checkaddress":       plain(checkaddress.Handle),
	"accounts/checkname":          checkname.Wire,
	"accounts/opennewaccount":     opennewaccount.Wire,
	"approval/conclude":           approvalconclude.Wire,
	"approval/page":               page.Wire,
	"approval/request":            request.Wire,
	"b2b/accept":                  accept.Wire,
	"b2b/acknowledge":             acknowledge.Wire,
	"b2b/authenticate":            authenticate.Wire,
	"b2b/authorize":               b2bauthorize.Wire,
	"b2b/conclude":                b2bconclude.Wire,
	"b2b/enrol":                   enrol.Wire,
	"b2b/format":                  plain(format.Handle),
	"b2b/split":                   split.Wire,
	"b2b/start":                   b2bstart.Wire,
	"b2b/tally":                   tally.Wire,
	"b2b/watch":                   b2bwatch.Wire,
	"invoices/analyze":            analyze.Wire,
	"invoices/archive":            archive.Wire,
	"invoices/pay":                pay.Wire,
	"invoices/process":            invoicesprocess.Wire,
	"invoices/register":           register.Wire,
	"invoices/save":               save.Wire,
	"invoices/start":              invoicesstart.Wire,
	"invoices/watch":              invoiceswatch.Wire,
	"onboarding/processreferral":  plain(processreferral.Handle),
	"operation/empty":             empty.Wire,
	"ordering/checkavailability":  checkavailability.Wire,
	"ordering/notifycustomer":     notifycustomer.Wire,
	"ordering/placeorder":         placeorder.Wire,
	"ordering/start":              orderingstart.Wire,
	"policyguard/evaluate":        evaluate.Wire,
	"policyguard/restore":         restore.Wire,
	"policyguard/rollback":        rollback.Wire,
	"training/finddata":           finddata.Wire,
	"training/predict":            predict.Wire,
	"training/report":             report.Wire,
	"webhooks/authorize":          webhooksauthorize.Wire,
	"webhooks/forward":            forward.Wire,
	"webhooks/normalise":          plain(normalise.Handle),
	"webhooks/process":            webhooksprocess.Wire,
	"webhooks/publish":            publish.Wire,
	"webhooks/receive":            receive.Wire,
	"webhooks/record":             record.Wire,
	"webhooks/salvage":            salvage.Wire,
	"webhooks/validate":           validate.Wire,
}

// All are the functions of Tradepost's constructs, by the import paths of their main
// packages, as simulation.Options.Packages takes them.
func All() map[string]simulation.Function {
	all := map[string]simulation.Function{}
	for folder, wire := range wirings {
		all["github.com/tradepost-dev/tradepost/lambdas/"+folder+"/bootstrap"] = wired(wire)
	}
	return all
}

// wired reads the environment that a function has in the simulation.
func wired(wire wiring) simulation.Function {
	return func(cfg aws.Config, env lambda.Environment) (any, error) {
		reader := &environment.Reader{Out: env.Out, Look: func(name string) (string, bool) {
			value, ok := env.Variables[name]
			return value, ok
		}}
		handler := wire(cfg, reader)
		return handler, reader.Err()
	}
}
