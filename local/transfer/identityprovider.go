// What a server's properties say about its identity provider.

package transfer

import (
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
)

// The identity providers that the engine serves.
const (
	serviceManaged      = "SERVICE_MANAGED"
	providerOfFunctions = "AWS_LAMBDA"
)

// How users of a server prove who they are: SftpAuthenticationMethods.
const (
	passwordOnly   = "PASSWORD"
	keyOnly        = "PUBLIC_KEY"
	keyOrPassword  = "PUBLIC_KEY_OR_PASSWORD"
	keyAndPassword = "PUBLIC_KEY_AND_PASSWORD"
)

// identityProviderDetails are those of AWS_LAMBDA.
type identityProviderDetails struct {
	Function                  string
	SftpAuthenticationMethods string
}

// methods are the ways to log in; of a server with its own users, who have no
// details, it is their keys.
func (d *identityProviderDetails) methods() string {
	switch {
	case d == nil:
		return keyOnly
	case d.SftpAuthenticationMethods == "":
		return keyOrPassword
	}
	return d.SftpAuthenticationMethods
}

func (p serverProperties) checkProvider() error {
	details := p.IdentityProviderDetails
	switch p.IdentityProviderType {
	case "", serviceManaged:
		if details != nil {
			return fmt.Errorf("property IdentityProviderDetails cannot be specified for %s", serviceManaged)
		}
		return nil
	case providerOfFunctions:
		if details == nil || !strings.HasPrefix(details.Function, "arn:aws:lambda:") {
			return fmt.Errorf("property IdentityProviderDetails.Function must be the ARN of a function for %s", providerOfFunctions)
		}
	default:
		return &cfn.Unsupported{Property: "IdentityProviderType", Reason: fmt.Sprintf("the local engine serves %s and %s only, got %q", serviceManaged, providerOfFunctions, p.IdentityProviderType)}
	}
	switch details.methods() {
	case passwordOnly, keyOnly, keyOrPassword, keyAndPassword:
		return nil
	}
	return fmt.Errorf("property IdentityProviderDetails.SftpAuthenticationMethods must be %s, %s, %s or %s, got %q",
		passwordOnly, keyOnly, keyOrPassword, keyAndPassword, details.SftpAuthenticationMethods)
}
