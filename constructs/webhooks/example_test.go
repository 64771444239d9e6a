package webhooks_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/tradepost-dev/tradepost/constructs/webhooks"
)

// Everything that the webhooks of three senders need.
func Example() {
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)

	webhooks.New(stack, "Webhooks", webhooks.Props{Sources: map[string]webhooks.Source{
		"acme":   {Scheme: webhooks.Standard, Key: "/data/account"},
		"stripe": {Scheme: webhooks.Stripe, Key: "/data/object/customer"},
		"gitlab": {Scheme: webhooks.Token, Key: "/project/id"},
	}})
	app.Synth(nil)
}
