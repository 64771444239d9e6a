// This file calls the service with the AWS SDK.

package transfer_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awstransfer "github.com/aws/aws-sdk-go-v2/service/transfer"
	"github.com/aws/aws-sdk-go-v2/service/transfer/types"
	"github.com/aws/smithy-go"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// client returns a client whose calls are the caller's.
func (w *world) client(t *testing.T, caller cloud.Caller) *awstransfer.Client {
	t.Helper()
	w.cloud.Register("transfer", w.servers)
	server := httptest.NewServer(wire.As(w.cloud, caller, "transfer", wire.Protocols{}))
	t.Cleanup(server.Close)
	return awstransfer.New(awstransfer.Options{
		BaseEndpoint: &server.URL, Region: w.cloud.Region, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	})
}

// failsWith wants an error of the API, and its message to begin so.
func failsWith(t *testing.T, err error, code, message string) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || api.ErrorCode() != code || !strings.HasPrefix(api.ErrorMessage(), message) {
		t.Errorf("got %v, want %s: %s", err, code, message)
	}
}

func TestTheSDKDescribesAndListsServers(t *testing.T) {
	d := &directory{}
	w := newFunctionWorld(t, d, map[string]string{"Methods": "PUBLIC_KEY"})
	client, id := w.client(t, w.cloud.Administrator()), w.endpoint.ServerID
	out, err := client.DescribeServer(t.Context(), &awstransfer.DescribeServerInput{ServerId: &id})
	if err != nil {
		t.Fatal(err)
	}
	host, _, _, _, err := ssh.ParseAuthorizedKey([]byte(w.endpoint.HostKey))
	if err != nil {
		t.Fatal(err)
	}
	arn := "arn:aws:transfer:eu-central-1:111122223333:server/" + id
	want := &types.DescribedServer{
		Arn: &arn, ServerId: &id, State: types.StateOnline, Domain: types.DomainS3, EndpointType: types.EndpointTypePublic,
		Protocols: []types.Protocol{types.ProtocolSftp}, ProtocolDetails: &types.ProtocolDetails{SetStatOption: types.SetStatOptionDefault},
		IdentityProviderType: types.IdentityProviderTypeAwsLambda, IdentityProviderDetails: &types.IdentityProviderDetails{
			Function: aws.String("arn:aws:lambda:eu-central-1:111122223333:function:authenticate"), SftpAuthenticationMethods: types.SftpAuthenticationMethodsPublicKey},
		StructuredLogDestinations: []string{"arn:aws:logs:eu-central-1:111122223333:log-group:sftp:*"},
		SecurityPolicyName:        aws.String("TransferSecurityPolicy-2018-11"), HostKeyFingerprint: aws.String(ssh.FingerprintSHA256(host)), UserCount: aws.Int32(0),
		Tags: out.Server.Tags, // its stack's
	}
	if !reflect.DeepEqual(out.Server, want) {
		t.Errorf("got %+v\nwant %+v", *out.Server, *want)
	}
	list, err := client.ListServers(t.Context(), &awstransfer.ListServersInput{})
	if err != nil || len(list.Servers) != 1 || list.NextToken != nil {
		t.Fatalf("%+v, %v", list, err)
	}
	if got := list.Servers[0]; *got.Arn != arn || *got.ServerId != id || got.State != types.StateOnline || got.IdentityProviderType != types.IdentityProviderTypeAwsLambda ||
		got.Domain != types.DomainS3 || got.EndpointType != types.EndpointTypePublic {
		t.Errorf("listed %+v", got)
	}
	_, err = client.DescribeServer(t.Context(), &awstransfer.DescribeServerInput{ServerId: aws.String("s-00000000000000000")})
	failsWith(t, err, "ResourceNotFoundException", "Unknown server")
	_, err = client.DescribeServer(t.Context(), &awstransfer.DescribeServerInput{ServerId: aws.String("sftp")})
	failsWith(t, err, "ValidationException", "1 validation error detected: Value 'sftp' at 'serverId'")
}

func TestMethodsAreToldWhereTheyAreADefault(t *testing.T) {
	w := makeWorld(t)
	w.create(t, `{"Resources": {"Server": {"Type": "AWS::Transfer::Server", "Properties": {"IdentityProviderType": "AWS_LAMBDA",
		"IdentityProviderDetails": {"Function": "arn:aws:lambda:eu-central-1:111122223333:function:f"}}}}}`, nil)
	out, err := w.client(t, w.cloud.Administrator()).DescribeServer(t.Context(), &awstransfer.DescribeServerInput{ServerId: &w.endpoint.ServerID})
	if err != nil || out.Server.IdentityProviderDetails.SftpAuthenticationMethods != types.SftpAuthenticationMethodsPublicKeyOrPassword {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestServersAreListedByPages(t *testing.T) {
	w := makeWorld(t)
	var servers []string
	for i := range 5 {
		servers = append(servers, fmt.Sprintf(`"Server%d": {"Type": "AWS::Transfer::Server"}`, i))
	}
	w.create(t, `{"Resources": {`+strings.Join(servers, ",")+`,
		"Ann": {"Type": "AWS::Transfer::User", "Properties": {"ServerId": {"Fn::GetAtt": ["Server0", "ServerId"]}, "UserName": "ann", "Role": "arn:aws:iam::111122223333:role/r"}}}}`, nil)
	client := w.client(t, w.cloud.Administrator())
	found, users, pages := map[string]bool{}, int32(0), 0
	p := awstransfer.NewListServersPaginator(client, &awstransfer.ListServersInput{MaxResults: aws.Int32(2)})
	for p.HasMorePages() {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, s := range page.Servers {
			found[*s.ServerId] = true
			users += *s.UserCount
		}
	}
	if len(found) != 5 || pages != 3 || users != 1 {
		t.Errorf("%d servers with %d users on %d pages", len(found), users, pages)
	}
	_, err := client.ListServers(t.Context(), &awstransfer.ListServersInput{MaxResults: aws.Int32(1001)})
	failsWith(t, err, "ValidationException", "1 validation error detected")
}

func TestAServerThatIsStoppedServesNobody(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	client, id := w.client(t, w.cloud.Administrator()), w.endpoint.ServerID
	c, conn := w.sftp(t, "acme")
	state := func() types.State {
		out, err := client.DescribeServer(t.Context(), &awstransfer.DescribeServerInput{ServerId: &id})
		if err != nil {
			t.Fatal(err)
		}
		return out.Server.State
	}
	for range 2 { // the second time changes nothing
		if _, err := client.StopServer(t.Context(), &awstransfer.StopServerInput{ServerId: &id}); err != nil {
			t.Fatal(err)
		}
	}
	conn.Wait() // returns when the connection has ended
	if _, err := c.ReadDir("/"); err == nil {
		t.Error("a session outlives its server")
	}
	if _, err := w.dial(t, "acme", ssh.PublicKeys(signer(t, w.key))); err == nil || state() != types.StateOffline {
		t.Errorf("after the end: %v, %s", err, state())
	}
	for range 2 {
		if _, err := client.StartServer(t.Context(), &awstransfer.StartServerInput{ServerId: &id}); err != nil {
			t.Fatal(err)
		}
	}
	if state() != types.StateOnline {
		t.Errorf("the server is %s", state())
	}
	w.sftp(t, "acme") // at the same address
}

func TestAnIdentityProviderIsTested(t *testing.T) {
	d := &directory{}
	w := newFunctionWorld(t, d, map[string]string{})
	client, id := w.client(t, w.cloud.Administrator()), w.endpoint.ServerID
	d.knows(map[string]any{
		"acme": map[string]any{"Role": partnersRole, "PublicKeys": []string{authorized(t, w.key)}}, "acme:right": map[string]any{"Role": partnersRole},
		"keyed:right": partner(authorized(t, w.key)), "broken": errors.New("secret"), "homeless": map[string]any{"Role": partnersRole, "PublicKeys": []string{authorized(t, w.key)}, "HomeDirectoryType": "LOGICAL"},
	})
	for _, row := range []struct {
		name, user string
		password   *string
		status     int32
		response   string // starts so
		message    string
	}{
		{"a right password", "acme", aws.String("right"), 200, `{"Role":"` + partnersRole + `"}`, ""},
		{"a wrong password", "acme", aws.String("wrong"), 200, "{}", ""},
		{"no password", "acme", nil, 200, `{"PublicKeys":["ssh-ed25519 `, ""},
		{"an unknown user", "nobody", nil, 200, "{}", ""},
		{"keys for a password", "keyed", aws.String("right"), 200, `{"HomeDirectoryDetails"`, "the identity provider's function returned public keys to a password"},
		{"a home that is none", "homeless", nil, 200, `{"HomeDirectoryType":"LOGICAL"`, "property HomeDirectoryDetails: a logical home needs one"},
		{"a function that fails", "broken", nil, 500, "", "the identity provider's function failed: errorString"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d.questions()
			out, err := client.TestIdentityProvider(t.Context(), &awstransfer.TestIdentityProviderInput{
				ServerId: &id, UserName: &row.user, UserPassword: row.password, ServerProtocol: types.ProtocolFtps, SourceIp: aws.String("192.0.2.7")})
			if err != nil {
				t.Fatal(err)
			}
			response := aws.ToString(out.Response)
			if out.StatusCode != row.status || !strings.HasPrefix(response, row.response) || (response == "") != (row.response == "") || aws.ToString(out.Message) != row.message {
				t.Errorf("%d %q %q", out.StatusCode, response, aws.ToString(out.Message))
			}
			if url := aws.ToString(out.Url); url != "https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-central-1:111122223333:function:authenticate/invocations" {
				t.Errorf("url %s", url)
			}
			want := loginEvent{Username: row.user, Password: row.password, Protocol: "FTPS", ServerID: id, SourceIP: "192.0.2.7"}
			if d.mu.Lock(); len(d.asked) != 1 || !reflect.DeepEqual(d.asked[0], want) {
				t.Errorf("asked %+v", d.asked)
			}
			d.mu.Unlock()
		})
	}
	for _, row := range []struct {
		name string
		in   awstransfer.TestIdentityProviderInput
		code string
		text string
	}{
		{"no such server", awstransfer.TestIdentityProviderInput{ServerId: aws.String("s-00000000000000000"), UserName: aws.String("acme")}, "ResourceNotFoundException", "Unknown server"},
		{"a short name", awstransfer.TestIdentityProviderInput{ServerId: &id, UserName: aws.String("ab")}, "ValidationException", "1 validation error detected: Value 'ab' at 'userName'"},
		{"an address that is none", awstransfer.TestIdentityProviderInput{ServerId: &id, UserName: aws.String("acme"), SourceIp: aws.String("here")}, "ValidationException", "1 validation error detected: Value 'here' at 'sourceIp'"},
		{"an unknown protocol", awstransfer.TestIdentityProviderInput{ServerId: &id, UserName: aws.String("acme"), ServerProtocol: "SCP"}, "ValidationException", "1 validation error detected: Value 'SCP' at 'serverProtocol'"},
		{"a password of 1,025 bytes", awstransfer.TestIdentityProviderInput{ServerId: &id, UserName: aws.String("acme"), UserPassword: aws.String(strings.Repeat("x", 1025))}, "ValidationException", "1 validation error detected"},
	} {
		_, err := client.TestIdentityProvider(t.Context(), &row.in)
		failsWith(t, err, row.code, row.text)
	}
}

func TestAServersOwnUsersAreNoIdentityProvider(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	id := w.endpoint.ServerID
	_, err := w.client(t, w.cloud.Administrator()).TestIdentityProvider(t.Context(), &awstransfer.TestIdentityProviderInput{ServerId: &id, UserName: aws.String("acme")})
	failsWith(t, err, "InvalidRequestException", id+" not configured for external auth")
}

func TestAFunctionThatDoesNotAllowItsServerFailsTheTest(t *testing.T) {
	w := newFunctionWorld(t, &directory{}, map[string]string{"Source": "0"})
	id := w.endpoint.ServerID
	out, err := w.client(t, w.cloud.Administrator()).TestIdentityProvider(t.Context(), &awstransfer.TestIdentityProviderInput{ServerId: &id, UserName: aws.String("acme")})
	if err != nil || out.StatusCode != 403 || !strings.Contains(*out.Message, "not authorized to perform: lambda:InvokeFunction") {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestCallsNeedTheirPermission(t *testing.T) {
	w := newWorld(t, "DEFAULT")
	id := w.endpoint.ServerID
	client := w.client(t, cloud.Caller{ARN: "arn:aws:iam::111122223333:user/nobody"})
	for name, call := range map[string]func() error{
		"DescribeServer": func() error {
			_, err := client.DescribeServer(t.Context(), &awstransfer.DescribeServerInput{ServerId: &id})
			return err
		},
		"ListServers": func() error { _, err := client.ListServers(t.Context(), &awstransfer.ListServersInput{}); return err },
		"StartServer": func() error {
			_, err := client.StartServer(t.Context(), &awstransfer.StartServerInput{ServerId: &id})
			return err
		},
		"StopServer": func() error {
			_, err := client.StopServer(t.Context(), &awstransfer.StopServerInput{ServerId: &id})
			return err
		},
		"TestIdentityProvider": func() error {
			_, err := client.TestIdentityProvider(t.Context(), &awstransfer.TestIdentityProviderInput{ServerId: &id, UserName: aws.String("acme")})
			return err
		},
	} {
		failsWith(t, call(), "AccessDeniedException", "User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: transfer:"+name)
	}
	w.sftp(t, "acme") // the server still serves
}
