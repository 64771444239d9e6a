package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/secrets"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// keeper keeps the secret tp/acme, of that value, in the engine's Secrets
// Manager.
func keeper(t *testing.T, value string) (*Keeper, *secretsmanager.Client, *cloud.Cloud) {
	t.Helper()
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	t.Cleanup(c.Close)
	s := secrets.New(c)
	c.Register("secretsmanager", s)
	properties, err := json.Marshal(map[string]string{"Name": "tp/acme", "SecretString": value})
	if err != nil {
		t.Fatal(err)
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Token": {"Type": "AWS::SecretsManager::Secret", "Properties": ` + string(properties) + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]cfn.Type{}
	for _, declared := range s.Types() {
		types[declared.Name] = declared
	}
	stack := cfn.Stack{Name: "app", Site: c.Site, Template: template}
	if _, err := stack.Create(t.Context(), types); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(wire.As(c, c.Administrator(), "secretsmanager", wire.Protocols{}))
	t.Cleanup(server.Close)
	client := secretsmanager.New(secretsmanager.Options{
		Region: c.Region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""), Retryer: aws.NopRetryer{},
	})
	return &Keeper{SecretsManager: client, SecretPrefix: "tp/"}, client, c
}

const acme = `{"partner": "acme", "token": "first", "usageKey": "bucket"}`

// valid are the tokens that the authorizer takes.
func valid(t *testing.T, client *secretsmanager.Client) string {
	t.Helper()
	var all []string
	for _, stage := range []string{Current, Previous} {
		got, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("tp/acme"), VersionStage: &stage})
		if err != nil {
			continue
		}
		token, err := Decode(*got.SecretString, "acme")
		if err != nil || token.UsageKey != "bucket" {
			t.Errorf("%s is %+v, %v", stage, token, err)
		}
		all = append(all, token.Partner+"."+token.Token)
	}
	return strings.Join(all, " ")
}

func TestARotationLeavesTheTokenBeforeItValidUntilItIsRevoked(t *testing.T) {
	k, client, _ := keeper(t, acme)
	second, err := k.Rotate(t.Context(), "acme")
	if err != nil || !strings.HasPrefix(second, "acme.") || len(second) != len("acme.")+48 {
		t.Fatalf("rotated to %q, %v", second, err)
	}
	if got := valid(t, client); got != second+" acme.first" {
		t.Errorf("valid are %s", got)
	}
	if bearer, err := k.Bearer(t.Context(), "acme"); err != nil || bearer != second {
		t.Errorf("the newest is %s, %v, want %s", bearer, err, second)
	}
	if _, err := k.Rotate(t.Context(), "acme"); !errors.Is(err, ErrOverlap) {
		t.Errorf("a second rotation would end a token in use: %v", err)
	}
	for _, want := range []bool{true, false} {
		if revoked, err := k.Revoke(t.Context(), "acme"); err != nil || revoked != want {
			t.Errorf("revoked %v, %v, want %v", revoked, err, want)
		}
	}
	if got := valid(t, client); got != second {
		t.Errorf("valid are %s", got)
	}
	if third, err := k.Rotate(t.Context(), "acme"); err != nil || valid(t, client) != third+" "+second {
		t.Errorf("rotated to %s, %v; valid are %s", third, err, valid(t, client))
	}
}

// together lets a call through when all have come to it.
type together struct {
	SecretsManager
	arrived *sync.WaitGroup
}

func (s together) PutSecretValue(ctx context.Context, in *secretsmanager.PutSecretValueInput, o ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error) {
	s.arrived.Done()
	s.arrived.Wait()
	return s.SecretsManager.PutSecretValue(ctx, in, o...)
}

func TestOfTwoRotationsAtOnceOneIsMade(t *testing.T) {
	k, client, _ := keeper(t, acme)
	var arrived, done sync.WaitGroup
	arrived.Add(2)
	made := make([]string, 2)
	faults := make([]error, 2)
	for i := range made {
		done.Go(func() {
			one := &Keeper{SecretsManager: together{client, &arrived}, SecretPrefix: k.SecretPrefix}
			made[i], faults[i] = one.Rotate(t.Context(), "acme")
		})
	}
	done.Wait()
	if (faults[0] == nil) == (faults[1] == nil) || !errors.Is(errors.Join(faults...), errChanged) {
		t.Fatalf("the rotations end with %v", faults)
	}
	winner := made[0]
	if faults[0] != nil {
		winner = made[1]
	}
	if got := valid(t, client); got != winner+" acme.first" {
		t.Errorf("valid are %s, want the winner's %s and the first", got, winner)
	}
}

// A value of the wrong shape is no partner's token, so nothing overlaps with it.
func TestABrokenValueBeforeIsNoOverlap(t *testing.T) {
	k, client, _ := keeper(t, `{"partner": "acme", "token": "half"}`)
	if _, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String("tp/acme"), SecretString: aws.String(acme)}); err != nil {
		t.Fatal(err)
	}
	if second, err := k.Rotate(t.Context(), "acme"); err != nil || valid(t, client) != second+" acme.first" {
		t.Errorf("rotated to %q, %v; valid are %s", second, err, valid(t, client))
	}
}

func TestAVersionThatWasMadeCurrentAgainIsRotatedAgain(t *testing.T) {
	k, client, _ := keeper(t, acme)
	first, err := k.current(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Rotate(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	second, err := k.current(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.UpdateSecretVersionStage(t.Context(), &secretsmanager.UpdateSecretVersionStageInput{
		SecretId: aws.String("tp/acme"), VersionStage: aws.String(Current), MoveToVersionId: &first.id, RemoveFromVersionId: &second.id,
	}); err != nil {
		t.Fatal(err)
	}
	if revoked, err := k.Revoke(t.Context(), "acme"); err != nil || !revoked {
		t.Fatalf("revoked %v, %v", revoked, err)
	}
	third, err := k.Rotate(t.Context(), "acme")
	if err != nil || valid(t, client) != third+" acme.first" {
		t.Errorf("rotated to %s, %v; valid are %s", third, err, valid(t, client))
	}
}

func TestARevocationThatAnotherChangeHasComeBeforeDoesNothing(t *testing.T) {
	k, client, _ := keeper(t, acme)
	if _, err := k.Rotate(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	k.SecretsManager = late{client, func() {
		_, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
			SecretId: aws.String("tp/acme"), SecretString: aws.String(strings.Replace(acme, "first", "third", 1)),
		})
		if err != nil {
			t.Error(err)
		}
	}}
	before, _ := k.Bearer(t.Context(), "acme")
	if revoked, err := k.Revoke(t.Context(), "acme"); !errors.Is(err, errChanged) || revoked {
		t.Errorf("revoked %v, %v", revoked, err)
	}
	if got := valid(t, client); got != "acme.third "+before {
		t.Errorf("valid are %s", got)
	}
}

// late has something happen between look and change.
type late struct {
	SecretsManager
	meanwhile func()
}

func (s late) UpdateSecretVersionStage(ctx context.Context, in *secretsmanager.UpdateSecretVersionStageInput, o ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	s.meanwhile()
	return s.SecretsManager.UpdateSecretVersionStage(ctx, in, o...)
}

func TestWhatIsWrongIsSaidWithoutTheSecret(t *testing.T) {
	for name, test := range map[string]struct{ value, partner, denied, want string }{
		"an unknown partner":             {acme, "nobody", "", `there is no partner "nobody"`},
		"no JSON":                        {"first", "acme", "", "tp/acme is not a partner's token, it is not a JSON object"},
		"another partner's":              {`{"partner": "first-inc", "token": "first", "usageKey": "bucket"}`, "acme", "", "member partner is not the partner"},
		"no usage key":                   {`{"partner": "acme", "token": "first"}`, "acme", "", "usageKey is missing"},
		"no permission to read":          {acme, "acme", "GetSecretValue", "not authorized to perform: secretsmanager:GetSecretValue"},
		"no permission to put or revoke": {acme, "acme", "PutSecretValue UpdateSecretVersionStage", "not authorized to perform: secretsmanager:"},
	} {
		t.Run(name, func(t *testing.T) {
			k, client, c := keeper(t, test.value)
			if strings.Contains(test.denied, "Update") { // so that there is something to revoke
				if _, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String("tp/acme"), SecretString: aws.String(acme)}); err != nil {
					t.Fatal(err)
				}
			}
			c.Authorizer = denied(test.denied)
			_, rotated := k.Rotate(t.Context(), test.partner)
			_, revoked := k.Revoke(t.Context(), test.partner)
			for verb, err := range map[string]error{"rotate": rotated, "revoke": revoked} {
				if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "first") {
					t.Errorf("%s: %v, want %s", verb, err, test.want)
				}
			}
		})
	}
}

// denied refuses the actions that it names.
type denied string

func (d denied) Authorize(_ cloud.Caller, action, resource string) error {
	if _, short, _ := strings.Cut(action, ":"); strings.Contains(string(d), short) {
		return cloud.Errorf(400, "AccessDeniedException", "not authorized to perform: %s on resource: %s", action, resource)
	}
	return nil
}

func (denied) Assume(cloud.Caller, string, string) (cloud.Caller, error) { return cloud.Caller{}, nil }
