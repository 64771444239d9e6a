package rollback

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tradepost-dev/tradepost/internal/attribute"
	contract "github.com/tradepost-dev/tradepost/internal/contract/policyguard"
	"github.com/tradepost-dev/tradepost/internal/iamtest"
	"github.com/tradepost-dev/tradepost/internal/patience"
	"github.com/tradepost-dev/tradepost/internal/policies"
	"github.com/tradepost-dev/tradepost/internal/policyguard"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAManagedPolicyIsRolledBackToAPlaceholderAndKept(t *testing.T) {
	r := newRoom(t)
	arn := r.policy("p", harmless, bad)
	r.want(change("e1", arn, "v2", bad), contract.RolledBack)
	if version, document := r.standing(arn); version != "v3" || document != policies.Placeholder {
		t.Errorf("%s %s stands", version, document)
	}
	if document, ok, err := policyguard.ReadVersion(t.Context(), r.Account, arn, "v2"); !ok || document != bad {
		t.Errorf("the original: %s, %v", document, err)
	}
	row := r.row(arn, "CASE#e1")
	for name, want := range map[string]string{
		"execution": "execution-of-e1", "version": "v2", "document": bad, "changedBy": "arn:eve", "details": "It grants iam:*",
	} {
		if got := attribute.String(row, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if opened, err := time.Parse(time.RFC3339, attribute.String(row, "openedAt")); err != nil || time.Since(opened).Abs() > time.Minute || attribute.String(row, "policyId") == "" {
		t.Errorf("row %v", row)
	}
	current := r.row(arn, "CURRENT")
	if attribute.String(current, "execution") != "execution-of-e1" || attribute.String(current, "placeholder") != "v3" || attribute.String(current, "judged") != "v2" {
		t.Errorf("current %v", current)
	}
}

func TestAnInlinePolicyIsReplacedByAPlaceholderAndKept(t *testing.T) {
	name := "n"
	for kind, create := range map[contract.Kind]func(r *room) error{
		contract.Role: func(r *room) error { r.role(name, bad); return nil },
		contract.User: func(r *room) error {
			_, err := r.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
			return err
		},
		contract.Group: func(r *room) error {
			_, err := r.CreateGroup(t.Context(), &iam.CreateGroupInput{GroupName: &name})
			return err
		},
	} {
		t.Run(string(kind), func(t *testing.T) {
			r := newRoom(t)
			r.must(create(r))
			p := contract.Policy{Kind: kind, Of: name, Name: "inline"}
			spaced := strings.ReplaceAll(bad, " ", "\n ")
			r.put(p, spaced)
			r.want(inlineChange("e1", p, bad), contract.RolledBack)
			if got := r.inlineOf(p); got != policies.Placeholder {
				t.Errorf("%s stands", got)
			}
			if got := attribute.String(r.row(p.Key(), "CASE#e1"), "document"); got != spaced {
				t.Errorf("kept %q", got)
			}
		})
	}
}

// Wherever an attempt breaks off, the next one of the same execution ends in the
// same, with one placeholder.
func TestAnAttemptThatBreaksOffIsCompleted(t *testing.T) {
	for _, broken := range []string{"GetPolicy", "GetPolicyVersion", "ListPolicyVersions", "CreatePolicyVersion", "PutItem", "UpdateItem"} {
		for nth := 1; nth <= 4; nth++ {
			r := newRoom(t)
			arn := r.policy("p", bad)
			r.breaking(broken, nth)
			_, err := r.Handle(t.Context(), change("e1", arn, "v1", bad))
			if named, ok := errors.AsType[*patience.ServiceBusy](err); err != nil && (!ok || !strings.Contains(named.Error(), "away")) {
				t.Errorf("%s %d: %v", broken, nth, err)
			}
			r.mended(arn)
			r.want(change("e1", arn, "v1", bad), contract.RolledBack)
			if version, document := r.standing(arn); version != "v2" || document != policies.Placeholder || attribute.String(r.row(arn, "CURRENT"), "placeholder") != "v2" {
				t.Errorf("%s %d: %s %s stands", broken, nth, version, document)
			}
		}
	}
	for _, broken := range []string{"GetRolePolicy", "PutRolePolicy", "UpdateItem"} {
		for nth := 1; nth <= 4; nth++ {
			r := newRoom(t)
			p := r.role("n", bad)
			r.breaking(broken, nth)
			_, _ = r.Handle(t.Context(), inlineChange("e1", p, bad))
			r.mended(p.Key())
			r.want(inlineChange("e1", p, bad), contract.RolledBack)
			if got := r.inlineOf(p); got != policies.Placeholder || attribute.String(r.row(p.Key(), "CASE#e1"), "document") != bad {
				t.Errorf("%s %d: %s stands", broken, nth, got)
			}
		}
	}
}

// breaking lets the nth call of an action fail, of IAM before it is made, of the
// table after.
func (r *room) breaking(action string, nth int) {
	away := cloud.Errorf(503, "ServiceUnavailable", "away")
	count := func(called string) error {
		if called == action {
			if nth--; nth == 0 {
				return away
			}
		}
		return nil
	}
	r.Before = count
	r.Handler.Cases.DynamoDB = brittle{r.tables, count}
}

// mended lets all calls through, and a lease end.
func (r *room) mended(policy string) {
	r.t.Helper()
	r.Before, r.Handler.Cases.DynamoDB = nil, r.tables
	if row := r.row(policy, contract.EntryCurrent); row != nil {
		delete(row, contract.AttrLockedBy)
		delete(row, contract.AttrLockedUntil)
		r.tables.Put("Cases", row)
	}
}

func TestWhatIsNotWhatWasJudgedIsLeftAlone(t *testing.T) {
	r := newRoom(t)
	arn := r.policy("p", bad, harmless)
	r.wantChanged(change("e1", arn, "v1", bad))
	again := r.policy("again", harmless) // deleted, and made again under its name
	r.wantChanged(change("e2", again, "v1", bad))
	p := r.role("n", harmless)
	r.wantChanged(inlineChange("e3", p, bad))
	for _, name := range []string{arn, again} {
		if _, document := r.standing(name); document != harmless {
			t.Errorf("%s stands", document)
		}
	}
	if got := r.inlineOf(p); got != harmless {
		t.Errorf("%s stands", got)
	}
}

func TestWhatIsDeletedIsSaidToBe(t *testing.T) {
	r := newRoom(t)
	r.want(change("e1", iamtest.ARN("p"), "v1", bad), contract.Deleted)
	r.want(inlineChange("e2", contract.Policy{Kind: contract.Role, Of: "n", Name: "inline"}, bad), contract.Deleted)
	r.want(inlineChange("e3", contract.Policy{Kind: contract.User, Of: "n", Name: "inline"}, bad), contract.Deleted)
	r.want(inlineChange("e4", contract.Policy{Kind: contract.Group, Of: "n", Name: "inline"}, bad), contract.Deleted)
}

// A document that was too long to be handed on is rolled back as it stands.
func TestWhatWasNotHandedOnIsRolledBackAsItStands(t *testing.T) {
	r := newRoom(t)
	arn, p := r.policy("p", bad), r.role("n", bad)
	r.want(change("e1", arn, "v1", ""), contract.RolledBack)
	r.want(inlineChange("e2", p, ""), contract.RolledBack)
	if got := attribute.String(r.row(p.Key(), "CASE#e2"), "document"); got != bad {
		t.Errorf("kept %q", got)
	}
}

func TestAnEventThatIsDeliveredTwiceIsOneExecutions(t *testing.T) {
	r := newRoom(t)
	arn, p := r.policy("p", bad), r.role("n", bad)
	for i, in := range []contract.RollBack{change("e1", arn, "v1", bad), inlineChange("e2", p, bad)} {
		r.want(in, contract.RolledBack)
		in.Execution = "another"
		r.want(in, contract.UnderWay)
		if got := attribute.String(r.row(in.Evaluated.Key, "CURRENT"), "execution"); got != fmt.Sprintf("execution-of-e%d", i+1) {
			t.Errorf("current is %s", got)
		}
	}
	// Approved meanwhile, and only then delivered once more: it stays restored.
	_, err := r.SetDefaultPolicyVersion(t.Context(), &iam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")})
	r.must(err)
	late := change("e1", arn, "v1", bad)
	late.Execution = "another"
	r.want(late, contract.UnderWay)
	if version, _ := r.standing(arn); version != "v1" {
		t.Errorf("%s stands", version)
	}
}

// Two calls have put the same in force: the first execution has rolled it back.
func TestTwoAlarmsOnOneVersionAreOneCase(t *testing.T) {
	r := newRoom(t)
	arn, p := r.policy("p", bad), r.role("n", bad)
	r.want(change("e1", arn, "v1", bad), contract.RolledBack)
	r.want(change("e2", arn, "v1", bad), contract.UnderWay)
	r.want(inlineChange("e3", p, bad), contract.RolledBack)
	r.want(inlineChange("e4", p, bad), contract.UnderWay)
	if got := attribute.String(r.row(p.Key(), "CASE#e3"), "document"); got != bad {
		t.Errorf("kept %q", got)
	}
}

// A later change is rolled back as well, by the placeholder that is there, and is
// the latest case then.
func TestALaterChangeIsACaseOfItsOwn(t *testing.T) {
	r := newRoom(t)
	arn, p := r.policy("p", bad), r.role("n", bad)
	r.want(change("e1", arn, "v1", bad), contract.RolledBack)
	r.version(arn, worse)
	r.want(change("e2", arn, "v3", worse), contract.RolledBack)
	if version, document := r.standing(arn); version != "v2" || document != policies.Placeholder {
		t.Errorf("%s %s stands", version, document)
	}
	r.want(inlineChange("e3", p, bad), contract.RolledBack)
	r.put(p, worse)
	r.want(inlineChange("e4", p, worse), contract.RolledBack)
	for entry, want := range map[string]string{"CASE#e3": bad, "CASE#e4": worse} {
		if got := attribute.String(r.row(p.Key(), entry), "document"); got != want {
			t.Errorf("%s kept %q", entry, got)
		}
	}
	for policy, want := range map[string]string{arn: "execution-of-e2", p.Key(): "execution-of-e4"} {
		if got := attribute.String(r.row(policy, "CURRENT"), "execution"); got != want {
			t.Errorf("current of %s is %s", policy, got)
		}
	}
	// What was judged first has been replaced, by the other case's placeholder.
	r.wantChanged(change("e5", arn, "v1", bad))
	r.wantChanged(inlineChange("e6", p, bad))
}

// The placeholder of the earlier case stands when the attempt breaks off: it is this
// case's from then on.
func TestALaterChangeIsCompletedWhereThePlaceholderWasPutBackAndNoAnswerCame(t *testing.T) {
	r := newRoom(t)
	arn := r.policy("p", bad)
	r.want(change("e1", arn, "v1", bad), contract.RolledBack)
	r.version(arn, worse)
	put := false
	r.Before = func(action string) error {
		if action != "SetDefaultPolicyVersion" || put {
			return nil
		}
		put = true
		_, err := r.SetDefaultPolicyVersion(t.Context(), &iam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v2")})
		r.must(err)
		return cloud.Errorf(503, "ServiceUnavailable", "away")
	}
	if _, err := r.Handle(t.Context(), change("e2", arn, "v3", worse)); err == nil || !put {
		t.Fatalf("it did not break off: %v", err)
	}
	r.mended(arn)
	r.want(change("e2", arn, "v3", worse), contract.RolledBack)
	if version, _ := r.standing(arn); version != "v2" || attribute.String(r.row(arn, "CURRENT"), "execution") != "execution-of-e2" {
		t.Errorf("%s stands, of %v", version, r.row(arn, "CURRENT"))
	}
}

// The oldest version that is neither in force nor was judged makes room, and its
// document is kept before.
func TestAPolicyWithFiveVersionsLosesTheOldestOther(t *testing.T) {
	for name, row := range map[string]struct {
		judged, gone string
		back         bool // the oldest is in force again
	}{
		"the newest in force": {"v5", "v1", false}, "the oldest in force": {"v1", "v2", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			documents := []string{bad, harmless, worse, harmless, bad}
			arn := r.policy("p", documents...)
			if row.back {
				_, err := r.SetDefaultPolicyVersion(t.Context(), &iam.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: &row.judged})
				r.must(err)
			}
			r.want(change("e1", arn, row.judged, bad), contract.RolledBack)
			listed, err := r.ListPolicyVersions(t.Context(), &iam.ListPolicyVersionsInput{PolicyArn: &arn})
			r.must(err)
			var versions []string
			for _, v := range listed.Versions {
				versions = append(versions, *v.VersionId)
			}
			slices.Sort(versions)
			want := slices.DeleteFunc([]string{"v1", "v2", "v3", "v4", "v5", "v6"}, func(v string) bool { return v == row.gone })
			if !slices.Equal(versions, want) {
				t.Errorf("versions %q, want %q", versions, want)
			}
			id := attribute.String(r.row(arn, "CASE#e1"), "policyId")
			kept := r.row(arn, "VERSION#"+id+"#"+row.gone)
			if want := documents[row.gone[1]-'1']; attribute.String(kept, "document") != want || attribute.String(kept, "createdAt") == "" || attribute.String(kept, "removedAt") == "" {
				t.Errorf("kept %v, want %s", kept, want)
			}
		})
	}
}

func TestAVersionThatCannotBeKeptIsNotDeleted(t *testing.T) {
	r := newRoom(t)
	arn := r.policy("p", bad, harmless, worse, harmless, bad)
	r.Handler.Cases.DynamoDB = brittle{r.tables, func(action string) error {
		if action == "PutItem" {
			return errors.New("no")
		}
		return nil
	}}
	if _, err := r.Handle(t.Context(), change("e1", arn, "v5", bad)); err == nil || slices.Contains(r.Calls, "DeletePolicyVersion") {
		t.Errorf("%v, calls %q", err, r.Calls)
	}
}

// Whoever fills a user's inline policies to the brim leaves no room for a
// placeholder.
func TestWhereThereIsNoRoomForAPlaceholderAnInlinePolicyIsDeleted(t *testing.T) {
	r := newRoom(t)
	_, err := r.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("n")})
	r.must(err)
	const least = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	p := contract.Policy{Kind: contract.User, Of: "n", Name: "inline"}
	r.put(p, least)
	padding := `{"Statement":{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:us-east-1:111122223333:` + strings.Repeat("q", 1800) + `"}}`
	r.put(contract.Policy{Kind: contract.User, Of: "n", Name: "padding"}, padding+strings.Repeat(" ", 10))
	r.put(contract.Policy{Kind: contract.User, Of: "n", Name: "padding"}, strings.Replace(padding, "q\"}}", strings.Repeat("q", 2048-len(least)-len(padding)+1)+"\"}}", 1))
	for range 2 { // also in an attempt after one that broke off
		r.want(inlineChange("e1", p, least), contract.RolledBack)
		if got := r.inlineOf(p); got != "" || attribute.String(r.row(p.Key(), "CASE#e1"), "document") != least || attribute.String(r.row(p.Key(), "CURRENT"), "placeholder") != contract.PlaceholderNone {
			t.Errorf("%s stands, %v", got, r.tables.All("Cases"))
		}
	}
	r.want(inlineChange("e2", p, least), contract.UnderWay)
}

func TestALockIsOneInvocationsUntilItsLeaseIsOver(t *testing.T) {
	r := newRoom(t)
	arn := r.policy("p", bad)
	lock, err := r.Handler.Cases.Lock(t.Context(), arn)
	r.must(err)
	if _, err := r.Handle(t.Context(), change("e1", arn, "v1", bad)); err != (contract.PolicyLocked{Policy: arn}) || len(r.Calls) > 0 {
		t.Errorf("%v, calls %q", err, r.Calls)
	}
	row := r.row(arn, "CURRENT")
	until, err := attribute.Int(row, contract.AttrLockedUntil)
	if left := time.Until(time.UnixMilli(until)); err != nil || left < 40*time.Second || left > 45*time.Second {
		t.Errorf("the lease is over in %v, %v", left, err)
	}
	row[contract.AttrLockedUntil] = attribute.Number(time.Now().Add(-time.Millisecond).UnixMilli())
	r.tables.Put("Cases", row)
	r.want(change("e1", arn, "v1", bad), contract.RolledBack)
	if err := lock.Point(t.Context(), policyguard.Current{}); err == nil {
		t.Error("whoever lost the lock writes")
	}
}

// Of many at once one rolls back.
func TestOfManyAtOnceOneRollsBack(t *testing.T) {
	r := newRoom(t)
	arn := r.policy("p", bad)
	outcomes := make(chan contract.Outcome, 6)
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			in := change(fmt.Sprintf("e%d", i), arn, "v1", bad)
			for begun := time.Now(); ; {
				got, err := r.Handle(t.Context(), in)
				if _, locked := errors.AsType[contract.PolicyLocked](err); locked && time.Since(begun) < 20*time.Second {
					continue
				}
				if err != nil {
					t.Error(err)
				}
				outcomes <- got.Outcome
				return
			}
		})
	}
	all.Wait()
	close(outcomes)
	counted := map[contract.Outcome]int{}
	for outcome := range outcomes {
		counted[outcome]++
	}
	if counted[contract.RolledBack] != 1 || counted[contract.UnderWay] != 5 {
		t.Errorf("outcomes %v", counted)
	}
	if version, _ := r.standing(arn); version != "v2" {
		t.Errorf("%s stands", version)
	}
}
