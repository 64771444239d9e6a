// This file makes servers and users with the AWS SDK, and logs in to them.

package transfer_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awstransfer "github.com/aws/aws-sdk-go-v2/service/transfer"
	"github.com/aws/aws-sdk-go-v2/service/transfer/types"
	"golang.org/x/crypto/ssh"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// controlled is a world with a server that a call has made.
func controlled(t *testing.T) (w *world, client *awstransfer.Client, server, role *string) {
	t.Helper()
	w, s := updatable(t)
	arn, _ := s.Handles["Role"].Attributes["Arn"].(string)
	client = w.client(t, w.cloud.Administrator())
	made, err := client.CreateServer(t.Context(), &awstransfer.CreateServerInput{
		PreAuthenticationLoginBanner: aws.String("hello"), SecurityPolicyName: aws.String("TransferSecurityPolicy-2024-01"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range w.servers.Endpoints() {
		if at.ServerID == *made.ServerId {
			w.endpoint = at
		}
	}
	if w.endpoint.Stack != "" || w.endpoint.LogicalID != *made.ServerId || w.endpoint.Address == "" {
		t.Fatalf("the server is at %+v", w.endpoint)
	}
	return w, client, made.ServerId, &arn
}

func TestAUserThatACallMakesLogsInUntilACallDeletesHim(t *testing.T) {
	w, client, server, role := controlled(t)
	ctx := t.Context()
	name, key := aws.String("beta"), authorized(t, w.key)
	if _, err := client.CreateUser(ctx, &awstransfer.CreateUserInput{
		ServerId: server, UserName: name, Role: role, HomeDirectoryType: types.HomeDirectoryTypeLogical, SshPublicKeyBody: &key,
		HomeDirectoryMappings: []types.HomeDirectoryMapEntry{{Entry: aws.String("/"), Target: aws.String("/landing/${transfer:UserName}"), Type: types.MapTypeDirectory}},
		Tags:                  []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}, {Key: aws.String("a"), Value: aws.String("1")}},
	}); err != nil {
		t.Fatal(err)
	}
	first, _ := w.sftp(t, "beta")
	if err := first.Mkdir("one"); err != nil {
		t.Fatal(err)
	}
	if _, made := w.object(t, "beta/one/"); made == nil {
		t.Error("the folder is not in the bucket")
	}
	told, err := client.DescribeUser(ctx, &awstransfer.DescribeUserInput{ServerId: server, UserName: name})
	if err != nil {
		t.Fatal(err)
	}
	u := told.User
	if *told.ServerId != *server || *u.Role != *role || u.HomeDirectoryType != "LOGICAL" || *u.HomeDirectoryMappings[0].Target != "/landing/${transfer:UserName}" ||
		len(u.SshPublicKeys) != 1 || *u.SshPublicKeys[0].SshPublicKeyBody != strings.TrimSpace(key) || len(u.Tags) != 2 || *u.Tags[0].Key != "a" {
		t.Errorf("the user is told as %+v", u)
	}
	if _, err := client.UpdateUser(ctx, &awstransfer.UpdateUserInput{ServerId: server, UserName: name, HomeDirectoryType: types.HomeDirectoryTypePath, HomeDirectory: aws.String("/landing/new"), Policy: aws.String(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}}`)}); err != nil {
		t.Fatal(err)
	}
	second, _ := w.sftp(t, "beta")
	if dir, _ := second.Getwd(); dir != "/landing/new" {
		t.Errorf("after the update he begins in %s", dir)
	}
	if err := second.Mkdir("x"); err == nil {
		t.Error("the session policy lets him do what it does not allow")
	}
	if told, err = client.DescribeUser(ctx, &awstransfer.DescribeUserInput{ServerId: server, UserName: name}); err != nil || *told.User.HomeDirectory != "/landing/new" || told.User.Policy == nil || len(told.User.SshPublicKeys) != 1 || len(told.User.Tags) != 2 {
		t.Errorf("the user is told as %+v, %v", told, err)
	}
	if _, err := client.DeleteUser(ctx, &awstransfer.DeleteUserInput{ServerId: server, UserName: name}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.dial(t, "beta", ssh.PublicKeys(signer(t, w.key))); err == nil {
		t.Error("he logs in after he was deleted")
	}
	_, err = client.DeleteUser(ctx, &awstransfer.DeleteUserInput{ServerId: server, UserName: name})
	failsWith(t, err, "ResourceNotFoundException", "Unknown user")
}

func TestKeysAreImportedAndDeleted(t *testing.T) {
	w, client, server, role := controlled(t)
	ctx := t.Context()
	name, other := aws.String("beta"), newKey(t)
	if _, err := client.CreateUser(ctx, &awstransfer.CreateUserInput{ServerId: server, UserName: name, Role: role, HomeDirectory: aws.String("/landing")}); err != nil {
		t.Fatal(err)
	}
	imported := map[string]*string{}
	for what, body := range map[string]string{"own": authorized(t, w.key), "other": authorized(t, other)} {
		out, err := client.ImportSshPublicKey(ctx, &awstransfer.ImportSshPublicKeyInput{ServerId: server, UserName: name, SshPublicKeyBody: &body})
		if err != nil {
			t.Fatal(err)
		}
		imported[what] = out.SshPublicKeyId
	}
	logsIn := func(want bool) {
		t.Helper()
		conn, err := w.dial(t, "beta", ssh.PublicKeys(signer(t, other)))
		if (err == nil) != want {
			t.Errorf("logging in with the other key: %v", err)
		}
		if err == nil {
			conn.Close()
		}
	}
	logsIn(true)
	body := authorized(t, other)
	_, err := client.ImportSshPublicKey(ctx, &awstransfer.ImportSshPublicKeyInput{ServerId: server, UserName: name, SshPublicKeyBody: &body})
	failsWith(t, err, "ResourceExistsException", "The SSH public key of user beta exists already")
	_, err = client.ImportSshPublicKey(ctx, &awstransfer.ImportSshPublicKeyInput{ServerId: server, UserName: name, SshPublicKeyBody: aws.String("ssh-rsa x")})
	failsWith(t, err, "InvalidRequestException", "Unsupported or invalid SSH public key format")
	listed, err := client.ListUsers(ctx, &awstransfer.ListUsersInput{ServerId: server})
	if err != nil || len(listed.Users) != 1 || *listed.Users[0].SshPublicKeyCount != 2 || *listed.Users[0].HomeDirectory != "/landing" {
		t.Errorf("listed %+v, %v", listed, err)
	}
	if _, err := client.DeleteSshPublicKey(ctx, &awstransfer.DeleteSshPublicKeyInput{ServerId: server, UserName: name, SshPublicKeyId: imported["other"]}); err != nil {
		t.Fatal(err)
	}
	logsIn(false)
	_, err = client.DeleteSshPublicKey(ctx, &awstransfer.DeleteSshPublicKeyInput{ServerId: server, UserName: name, SshPublicKeyId: imported["other"]})
	failsWith(t, err, "ResourceNotFoundException", "Unknown SSH public key")
	w.sftp(t, "beta") // with his own
}

func TestAServerIsUpdatedTaggedAndDeletedByCalls(t *testing.T) {
	w, client, server, _ := controlled(t)
	ctx := t.Context()
	if _, err := client.UpdateServer(ctx, &awstransfer.UpdateServerInput{ServerId: server, PreAuthenticationLoginBanner: aws.String("welcome"), ProtocolDetails: &types.ProtocolDetails{SetStatOption: types.SetStatOptionEnableNoOp}}); err != nil {
		t.Fatal(err)
	}
	arn := aws.String("arn:aws:transfer:eu-central-1:111122223333:server/" + *server)
	if _, err := client.TagResource(ctx, &awstransfer.TagResourceInput{Arn: arn, Tags: []types.Tag{{Key: aws.String("stage"), Value: aws.String("dev")}, {Key: aws.String("team"), Value: aws.String("red")}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.UntagResource(ctx, &awstransfer.UntagResourceInput{Arn: arn, TagKeys: []string{"stage"}}); err != nil {
		t.Fatal(err)
	}
	told, err := client.DescribeServer(ctx, &awstransfer.DescribeServerInput{ServerId: server})
	if err != nil {
		t.Fatal(err)
	}
	if s := told.Server; *s.PreAuthenticationLoginBanner != "welcome" || s.ProtocolDetails.SetStatOption != "ENABLE_NO_OP" || *s.SecurityPolicyName != "TransferSecurityPolicy-2024-01" ||
		len(s.Tags) != 1 || *s.Tags[0].Value != "red" || s.IdentityProviderType != "SERVICE_MANAGED" || s.State != "ONLINE" {
		t.Errorf("the server is told as %+v", s)
	}
	tags, err := client.ListTagsForResource(ctx, &awstransfer.ListTagsForResourceInput{Arn: arn})
	if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Key != "team" {
		t.Errorf("tags %+v, %v", tags, err)
	}
	updated, err := client.UpdateServer(ctx, &awstransfer.UpdateServerInput{
		ServerId: server, EndpointType: types.EndpointTypeVpc, EndpointDetails: &types.EndpointDetails{VpcId: aws.String("vpc-1")}, IpAddressType: types.IpAddressTypeDualstack,
		IdentityProviderType: types.IdentityProviderTypeAwsLambda, IdentityProviderDetails: &types.IdentityProviderDetails{Function: aws.String("arn:aws:lambda:eu-central-1:111122223333:function:f")},
		PostAuthenticationLoginBanner: aws.String("bye"), SecurityPolicyName: aws.String("TransferSecurityPolicy-2025-03"), LoggingRole: aws.String("arn:aws:iam::111122223333:role/l"),
		StructuredLogDestinations: []string{"arn:aws:logs:eu-central-1:111122223333:log-group:sftp:*"}, Protocols: []types.Protocol{types.ProtocolSftp},
		S3StorageOptions: &types.S3StorageOptions{DirectoryListingOptimization: types.DirectoryListingOptimizationEnabled},
	})
	if err != nil || *updated.ServerId != *server {
		t.Fatalf("%+v, %v", updated, err)
	}
	if told, err = client.DescribeServer(ctx, &awstransfer.DescribeServerInput{ServerId: server}); err != nil {
		t.Fatal(err)
	}
	if s := told.Server; s.EndpointType != "VPC" || *s.EndpointDetails.VpcId != "vpc-1" || s.IpAddressType != "DUALSTACK" || s.IdentityProviderType != "AWS_LAMBDA" || *s.IdentityProviderDetails.Function != "arn:aws:lambda:eu-central-1:111122223333:function:f" ||
		*s.PostAuthenticationLoginBanner != "bye" || *s.PreAuthenticationLoginBanner != "welcome" || *s.SecurityPolicyName != "TransferSecurityPolicy-2025-03" || *s.LoggingRole != "arn:aws:iam::111122223333:role/l" ||
		len(s.StructuredLogDestinations) != 1 || s.S3StorageOptions.DirectoryListingOptimization != "ENABLED" {
		t.Errorf("the server is told as %+v", s)
	}
	if _, err := client.UpdateServer(ctx, &awstransfer.UpdateServerInput{ServerId: server, IdentityProviderType: types.IdentityProviderTypeServiceManaged}); err != nil {
		t.Fatal(err)
	}
	if told, err = client.DescribeServer(ctx, &awstransfer.DescribeServerInput{ServerId: server}); err != nil || told.Server.IdentityProviderDetails != nil {
		t.Errorf("a server with users of its own is told as %+v, %v", told.Server, err)
	}
	_, err = client.UpdateServer(ctx, &awstransfer.UpdateServerInput{ServerId: server, Protocols: []types.Protocol{types.ProtocolFtp}})
	failsWith(t, err, "NotImplemented", "the local engine does not serve the parameter Protocols of UpdateServer: the local engine serves SFTP only")
	_, err = client.UpdateServer(ctx, &awstransfer.UpdateServerInput{ServerId: server, IdentityProviderType: types.IdentityProviderTypeAwsLambda})
	failsWith(t, err, "InvalidRequestException", "IdentityProviderDetails.Function must be the ARN of a function")
	_, err = client.CreateServer(ctx, &awstransfer.CreateServerInput{HostKey: aws.String("x")})
	failsWith(t, err, "NotImplemented", "the local engine does not serve the parameter HostKey of CreateServer")
	if _, err := client.DeleteServer(ctx, &awstransfer.DeleteServerInput{ServerId: server}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.dial(t, "acme"); err == nil {
		t.Error("the server listens after it was deleted")
	}
	_, err = client.DescribeServer(ctx, &awstransfer.DescribeServerInput{ServerId: server})
	failsWith(t, err, "ResourceNotFoundException", "Unknown server")
}

func TestAServerOfFunctionsHasNoUsersOfItsOwn(t *testing.T) {
	_, client, _, role := controlled(t)
	made, err := client.CreateServer(t.Context(), &awstransfer.CreateServerInput{IdentityProviderType: types.IdentityProviderTypeAwsLambda, IdentityProviderDetails: &types.IdentityProviderDetails{Function: aws.String("arn:aws:lambda:eu-central-1:111122223333:function:who")}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CreateUser(t.Context(), &awstransfer.CreateUserInput{ServerId: made.ServerId, UserName: aws.String("beta"), Role: role})
	failsWith(t, err, "InvalidRequestException", "CreateUser is not supported for server")
	for want, in := range map[string]*awstransfer.CreateUserInput{
		"InvalidRequestException: HomeDirectoryMappings: a logical home needs one": {Role: role, UserName: aws.String("beta"), HomeDirectoryType: "LOGICAL"},
		"InvalidRequestException":   {Role: role, UserName: aws.String("root")},
		"ResourceNotFoundException": {Role: role, UserName: aws.String("beta"), ServerId: aws.String("s-00000000000000000")},
	} {
		if in.ServerId == nil {
			own, err := client.CreateServer(t.Context(), &awstransfer.CreateServerInput{})
			if err != nil {
				t.Fatal(err)
			}
			in.ServerId = own.ServerId
		}
		_, err := client.CreateUser(t.Context(), in)
		code, message, _ := strings.Cut(want, ": ")
		failsWith(t, err, code, message)
	}
}

func TestEachActionAsksForItsPermissionAndForTheRoleThatItPasses(t *testing.T) {
	w, client, server, role := controlled(t)
	if _, err := client.CreateUser(t.Context(), &awstransfer.CreateUserInput{ServerId: server, UserName: aws.String("beta"), Role: role}); err != nil {
		t.Fatal(err)
	}
	nobody := cloud.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/nobody/s", Role: "arn:aws:iam::111122223333:role/nobody"}
	of := map[string][]string{
		"user/" + *server + "/beta": {"UpdateUser", "DeleteUser", "DescribeUser", "ImportSshPublicKey", "DeleteSshPublicKey"},
		"server/" + *server:         {"CreateUser", "ListUsers", "DescribeServer", "UpdateServer", "DeleteServer", "StartServer", "StopServer", "TestIdentityProvider", "TagResource", "UntagResource", "ListTagsForResource"},
		"*":                         {"CreateServer", "ListServers"},
	}
	asked := 0
	for resource, actions := range of {
		asked += len(actions)
		arn := resource
		if resource != "*" {
			arn = w.cloud.ARN("transfer", resource)
		}
		for _, action := range actions {
			in := map[string]any{"ServerId": *server, "UserName": "beta"}
			switch {
			case slices.Contains([]string{"TagResource", "UntagResource", "ListTagsForResource"}, action):
				in = map[string]any{"Arn": arn}
			case resource == "*":
				in = map[string]any{}
			case strings.HasSuffix(action, "Server") || action == "ListUsers":
				delete(in, "UserName")
			}
			err := w.cloud.Do(t.Context(), nobody, "transfer", action, in, nil)
			if want := "is not authorized to perform: transfer:" + action + " on resource: " + arn; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", action, err, want)
			}
		}
	}
	if asked != len(w.servers.Operations) {
		t.Errorf("%d actions were asked, and there are %d", asked, len(w.servers.Operations))
	}
	for action, in := range map[string]any{
		"CreateUser":   map[string]any{"ServerId": *server, "UserName": "gamma", "Role": *role},
		"UpdateUser":   map[string]any{"ServerId": *server, "UserName": "beta", "Role": *role},
		"CreateServer": map[string]any{"LoggingRole": *role},
		"UpdateServer": map[string]any{"ServerId": *server, "LoggingRole": *role},
	} {
		w.seen.calls = nil
		if err := w.cloud.Do(t.Context(), w.cloud.Administrator(), "transfer", action, in, nil); err != nil || !slices.Contains(w.seen.calls, "iam:PassRole of "+*role+" by arn:aws:iam::111122223333:root") {
			t.Errorf("%s asked for %q: %v", action, w.seen.calls, err)
		}
	}
}
