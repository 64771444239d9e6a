// What a server can be declared with.

package transfer_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestPropertiesOfIdentityProvidersAreHeldToTheirTypes(t *testing.T) {
	const function = "arn:aws:lambda:eu-central-1:111122223333:function:f"
	for _, row := range []struct{ name, properties, want string }{
		{"another provider", `"IdentityProviderType": "API_GATEWAY", "IdentityProviderDetails": {}`, "serves SERVICE_MANAGED and AWS_LAMBDA only"},
		{"no function", `"IdentityProviderType": "AWS_LAMBDA"`, "IdentityProviderDetails.Function must be"},
		{"a function by name", `"IdentityProviderType": "AWS_LAMBDA", "IdentityProviderDetails": {"Function": "f"}`, "IdentityProviderDetails.Function must be"},
		{"details of a server's own users", `"IdentityProviderDetails": {"Function": "` + function + `"}`, "cannot be specified for SERVICE_MANAGED"},
		{"an unknown method", `"IdentityProviderType": "AWS_LAMBDA", "IdentityProviderDetails": {"Function": "` + function + `", "SftpAuthenticationMethods": "KEY"}`, "must be PASSWORD, PUBLIC_KEY"},
		{"a function", `"IdentityProviderType": "AWS_LAMBDA", "IdentityProviderDetails": {"Function": "` + function + `"}`, ""},
	} {
		w := makeWorld(t)
		err := w.tryCreate(t, fmt.Sprintf(`{"Resources": {"Server": {"Type": "AWS::Transfer::Server", "Properties": {%s}}}}`, row.properties), nil)
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}

func TestAServerThatAsksAFunctionHasNoUsersOfItsOwn(t *testing.T) {
	w := makeWorld(t)
	err := w.tryCreate(t, `{"Resources": {
		"Server": {"Type": "AWS::Transfer::Server", "Properties": {"IdentityProviderType": "AWS_LAMBDA", "IdentityProviderDetails": {"Function": "arn:aws:lambda:eu-central-1:111122223333:function:f"}}},
		"User": {"Type": "AWS::Transfer::User", "Properties": {"ServerId": {"Fn::GetAtt": ["Server", "ServerId"]}, "UserName": "acme", "Role": "arn:aws:iam::111122223333:role/r"}}}}`, nil)
	if err == nil || !strings.Contains(err.Error(), "InvalidRequestException") {
		t.Errorf("got %v", err)
	}
}
