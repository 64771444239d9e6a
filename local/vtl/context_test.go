package vtl

import (
	"slices"
	"strings"
	"testing"
)

// The orders are those in which AWS was seen to list the members of $context and $context.identity.
func TestTheMembersOfTheContextHaveTheOrderOfAWS(t *testing.T) {
	for _, recorded := range []string{
		`resourceId resourcePath httpMethod extendedRequestId requestTime path accountId protocol requestOverride stage domainPrefix
			requestTimeEpoch requestId identity domainName deploymentId responseOverride apiId`,
		`cognitoIdentityPoolId accountId cognitoIdentityId caller sourceIp principalOrgId accessKey cognitoAuthenticationType
			cognitoAuthenticationProvider userArn userAgent user`,
	} {
		want := strings.Fields(recorded)
		members := map[string]any{}
		for _, name := range want {
			members[name] = "x"
		}
		if got := contextMap(members).keys; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}
