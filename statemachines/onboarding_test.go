package statemachines

// This file runs onboarding against the engine's own table and queue, under a
// virtual clock.

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	contract "github.com/tradepost-dev/tradepost/internal/contract/onboarding"
)

var onboarding = agreement{
	placeholders: []string{"UsersTable", "EventsQueueUrl", "ProcessReferralFunctionArn"},
	attributes: map[string][]string{
		"Save User Details: UsersTable Item": {
			contract.AttrPartition, contract.AttrSort, contract.AttrUserID, contract.AttrEmail, contract.AttrName, contract.AttrSignupDate,
			contract.AttrSource, contract.AttrMetadata, contract.AttrReferralCode, contract.AttrCountry, contract.AttrOnboardedBy,
		},
		"Save User Details: UsersTable Expressions": {contract.AttrPartition, contract.AttrOnboardedBy},

		"Read Profile: UsersTable Key": {contract.AttrPartition, contract.AttrSort},

		"Take Over: UsersTable Key":         {contract.AttrPartition, contract.AttrSort},
		"Take Over: UsersTable Expressions": {contract.AttrOnboardedBy},

		"Record Event: UsersTable Key":         {contract.AttrPartition, contract.AttrSort},
		"Record Event: UsersTable Expressions": {contract.AttrPartition, contract.AttrEventSentAt},

		"Record Referral: UsersTable Key":         {contract.AttrPartition, contract.AttrSort},
		"Record Referral: UsersTable Expressions": {contract.AttrPartition, contract.AttrReferredAt},
	},
	members: map[string][]string{
		"states.input": fields(contract.Signup{}),
		"user":         fields(contract.User{}),
		"profile": {contract.AttrPartition, contract.AttrMetadata,
			contract.AttrOnboardedBy, contract.AttrEventSentAt, contract.AttrReferredAt},
	},
	words: append(fields(contract.Event{}),
		contract.AttrMetadata, contract.AttrReferralCode, // of a contract.User that is made of a profile
		string(contract.OutcomeOnboarded), string(contract.OutcomeCompleted), string(contract.OutcomeAlreadyOnboarded), string(contract.OutcomeUnderWay),
		contract.EventUserOnboarded, contract.SortProfile,
		"RUNNING", "METADATA_ONLY", "ALL_NEW", // Step Functions', DynamoDB's
		"string", "object", // JSONata's
	),
}

const clubTemplate = `{"Resources": {
	"Users": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}, {"AttributeName": "SK", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]}},
	"Events": {"Type": "AWS::SQS::Queue"},
	"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
		"RoleArn": "arn:aws:iam::111122223333:role/r", "DefinitionString": %s,
		"DefinitionSubstitutions": {"UsersTable": {"Ref": "Users"}, "EventsQueueUrl": {"Ref": "Events"}, "ProcessReferralFunctionArn": "process"}}}}}`

// textsInput is that of the text which this system follows.
const textsInput = `{"user": {"userId": "user-12345","email": "john.doe@example.com","name": "John Doe","signupDate": "2025-10-20T10:30:00Z","source": "web_signup","metadata": {"referralCode": "FRIEND2025","country": "US"}}}`

func TestTheTextsUserIsOnboardedFieldByField(t *testing.T) {
	inClub(t, func(t *testing.T, c *club) {
		if got, want := c.run(textsInput), `{"userId":"user-12345","outcome":"ONBOARDED","referral":"Processed"}`; got != want {
			t.Errorf("output %s, want %s", got, want)
		}
		given, own := c.profile("user-12345")
		want := `{"PK":{"S":"user-12345"},"SK":{"S":"PROFILE"},"email":{"S":"john.doe@example.com"},` +
			`"metadata":{"M":{"country":{"S":"US"},"referralCode":{"S":"FRIEND2025"}}},"name":{"S":"John Doe"},"signupDate":{"S":"2025-10-20T10:30:00Z"},"source":{"S":"web_signup"},"userId":{"S":"user-12345"}}`
		if given != want || len(own) != 3 {
			t.Errorf("profile\n%s, want\n%s\nand %q", given, want, own)
		}
		events := c.events()
		if len(events) != 1 {
			t.Fatalf("events %q", events)
		}
		var event contract.Event
		if err := json.Unmarshal([]byte(events[0]), &event); err != nil {
			t.Fatal(err)
		}
		created, err := time.Parse("2006-01-02T15:04:05.000Z", event.CreatedDate)
		if event.CreatedDate = ""; err != nil || time.Since(created).Abs() > time.Minute ||
			event != (contract.Event{Type: "UserOnboarded", UserID: "user-12345", SignupDate: "2025-10-20T10:30:00Z"}) {
			t.Errorf("event %s, %v", events[0], err)
		}
		if len(c.referrals) != 1 || c.referrals[0].UserID != "user-12345" || c.referrals[0].Created == "" {
			t.Errorf("referrals %+v", c.referrals)
		}
	})
}

func TestWhatAUserDoesNotHaveIsNoAttributeAndOnlyAReferralCodeIsProcessed(t *testing.T) {
	const least = `"PK":{"S":"u"},"SK":{"S":"PROFILE"},"email":{"S":"e"}`
	for _, row := range []struct{ name, user, profile, referral string }{
		{"no more than an id and an address", `{"userId": "u", "email": "e"}`, `{` + least + `,"userId":{"S":"u"}}`, "No Action"},
		{"no referral code", `{"userId": "u", "email": "e", "metadata": {"country": "US"}}`, `{` + least + `,"metadata":{"M":{"country":{"S":"US"}}},"userId":{"S":"u"}}`, "No Action"},
		{"an empty referral code", `{"userId": "u", "email": "e", "metadata": {"referralCode": ""}}`, `{` + least + `,"metadata":{"M":{"referralCode":{"S":""}}},"userId":{"S":"u"}}`, "No Action"},
		{"empty metadata", `{"userId": "u", "email": "e", "metadata": {}}`, `{` + least + `,"metadata":{"M":{}},"userId":{"S":"u"}}`, "No Action"},
		{"nulls", `{"userId": "u", "email": "e", "name": null, "metadata": {"referralCode": null, "country": null}}`, `{` + least + `,"metadata":{"M":{}},"userId":{"S":"u"}}`, "No Action"},
		{"metadata that is null", `{"userId": "u", "email": "e", "metadata": null}`, `{` + least + `,"userId":{"S":"u"}}`, "No Action"},
		{"a referral code and no name or source", `{"userId": "u", "email": "e", "metadata": {"referralCode": "F"}}`, `{` + least + `,"metadata":{"M":{"referralCode":{"S":"F"}}},"userId":{"S":"u"}}`, "Processed"},
		{"empty texts", `{"userId": "u", "email": "e", "name": "", "source": ""}`, `{` + least + `,"name":{"S":""},"source":{"S":""},"userId":{"S":"u"}}`, "No Action"},
		{"members that nobody asked for", `{"userId": "u", "email": "e", "SK": "ADMIN", "role": "admin", "metadata": {"campaign": "x"}}`, `{` + least + `,"metadata":{"M":{}},"userId":{"S":"u"}}`, "No Action"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inClub(t, func(t *testing.T, c *club) {
				if got, want := c.run(`{"user": `+row.user+`}`), `{"userId":"u","outcome":"ONBOARDED","referral":"`+row.referral+`"}`; got != want {
					t.Errorf("output %s, want %s", got, want)
				}
				if given, _ := c.profile("u"); given != row.profile {
					t.Errorf("profile\n%s, want\n%s", given, row.profile)
				}
				if events := c.events(); len(events) != 1 {
					t.Errorf("events %q", events)
				}
				if want := map[string]int{"Processed": 1}[row.referral]; len(c.referrals) != want {
					t.Errorf("%d referrals, want %d", len(c.referrals), want)
				}
			})
		})
	}
}

func TestWhatIsNoUserIsRefusedByNameBeforeAnythingIsWritten(t *testing.T) {
	for _, row := range []struct{ name, input, cause string }{
		{"nothing", `{}`, "userId is missing or blank"},
		{"another input", `"user"`, "userId is missing or blank"},
		{"a text for a user", `{"user": "u"}`, "userId is missing or blank"},
		{"an empty user", `{"user": {}}`, "userId is missing or blank"},
		{"no userId", `{"user": {"email": "e"}}`, "userId is missing or blank"},
		{"a userId that is null", `{"user": {"userId": null, "email": "e"}}`, "userId is missing or blank"},
		{"an empty userId", `{"user": {"userId": "", "email": "e"}}`, "userId is missing or blank"},
		{"a blank userId", `{"user": {"userId": " \t\n", "email": "e"}}`, "userId is missing or blank"},
		{"a userId of blanks beyond ASCII", `{"user": {"userId": "\u0085\u00a0\u2003\u200b\u3000\ufeff", "email": "e"}}`, "userId is missing or blank"},
		{"a number for a userId", `{"user": {"userId": 12345, "email": "e"}}`, "userId is missing or blank"},
		{"a userId that is too long", `{"user": {"userId": "` + strings.Repeat("😀", 513) + `", "email": "e"}}`, "userId has more than 512 characters"},
		{"no email", `{"user": {"userId": "u"}}`, "email is missing or blank"},
		{"a blank email", `{"user": {"userId": "u", "email": "\u2002"}}`, "email is missing or blank"},
		{"an object for a name", `{"user": {"userId": "u", "email": "e", "name": {"S": "x"}}}`, "name is not a text"},
		{"a number for a signupDate", `{"user": {"userId": "u", "email": "e", "signupDate": 1}}`, "signupDate is not a text"},
		{"a truth for a source", `{"user": {"userId": "u", "email": "e", "source": true}}`, "source is not a text"},
		{"a text for metadata", `{"user": {"userId": "u", "email": "e", "metadata": "x"}}`, "metadata is not an object"},
		{"a number for a referral code", `{"user": {"userId": "u", "email": "e", "metadata": {"referralCode": 7}}}`, "metadata.referralCode is not a text"},
		{"a list for a country", `{"user": {"userId": "u", "email": "e", "metadata": {"country": ["US", "CA"]}}}`, "metadata.country is not a text"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inClub(t, func(t *testing.T, c *club) {
				c.refuse = func(action string) error { return fmt.Errorf("%s was called", action) }
				if got, want := c.run(row.input), contract.ErrorUserInvalid+": "+row.cause; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		})
	}
}

// A user with the longest id and characters of every kind arrives as it was sent.
func TestTextsArriveByteForByte(t *testing.T) {
	inClub(t, func(t *testing.T, c *club) {
		texts := []string{`"quotes" 'and' \backslashes\`, "new\nlines\tand \u0000 \u001f", "ü ß 漢字 \u2028\u2029", "😀👩‍👩‍👧‍👦 \U0001D11E", `{% $user %} ${x} $states <b>&amp;</b>`}
		user := contract.User{UserID: strings.Repeat("😀", 511) + "ü", Email: texts[0], Name: texts[1], SignupDate: texts[2], Source: texts[3],
			Metadata: &contract.Metadata{ReferralCode: texts[4], Country: texts[0]}}
		input, err := json.Marshal(contract.Signup{User: user})
		if err != nil {
			t.Fatal(err)
		}
		c.run(string(input))
		var row struct {
			UserID     struct{ S string } `json:"userId"`
			Email      struct{ S string } `json:"email"`
			Name       struct{ S string } `json:"name"`
			SignupDate struct{ S string } `json:"signupDate"`
			Source     struct{ S string } `json:"source"`
			Metadata   struct {
				M struct {
					ReferralCode struct{ S string } `json:"referralCode"`
					Country      struct{ S string } `json:"country"`
				}
			} `json:"metadata"`
		}
		raw, err := json.Marshal(c.attributes(user.UserID))
		if err == nil {
			err = json.Unmarshal(raw, &row)
		}
		if err != nil {
			t.Fatal(err)
		}
		got := contract.User{UserID: row.UserID.S, Email: row.Email.S, Name: row.Name.S, SignupDate: row.SignupDate.S, Source: row.Source.S}
		metadata := contract.Metadata{ReferralCode: row.Metadata.M.ReferralCode.S, Country: row.Metadata.M.Country.S}
		if want := *user.Metadata; metadata != want {
			t.Errorf("metadata %q, want %q", metadata, want)
		}
		if user.Metadata = nil; got != user {
			t.Errorf("profile %+v, want %+v", got, user)
		}
		var event contract.Event
		if events := c.events(); len(events) != 1 || json.Unmarshal([]byte(events[0]), &event) != nil || event.UserID != user.UserID || event.SignupDate != user.SignupDate {
			t.Errorf("events %q", events)
		}
		if len(c.referrals) != 1 || c.referrals[0].UserID != user.UserID {
			t.Errorf("referrals %q", c.referrals)
		}
	})
}

func TestTheSameUserAgainChangesNothingAndTheOutputSaysSo(t *testing.T) {
	inClub(t, func(t *testing.T, c *club) {
		c.run(textsInput)
		before, events := c.attributes("user-12345"), c.events()
		time.Sleep(time.Hour)
		for _, again := range []string{textsInput, `{"user": {"userId": "user-12345", "email": "other@example.com"}}`} {
			if got, want := c.run(again), `{"userId":"user-12345","outcome":"ALREADY_ONBOARDED"}`; got != want {
				t.Errorf("output %s, want %s", got, want)
			}
		}
		if after := c.attributes("user-12345"); !maps.EqualFunc(before, after, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
			t.Errorf("the profile was %s and is %s", before, after)
		}
		if more := c.events(); len(events) != 1 || len(more) != 0 || len(c.referrals) != 1 {
			t.Errorf("events %q and %q, %d referrals", events, more, len(c.referrals))
		}
	})
}

func TestOfManyAtOnceForOneUserOneOnboardsAndTheOthersSaySo(t *testing.T) {
	inClub(t, func(t *testing.T, c *club) {
		var executions []string
		for range 20 {
			executions = append(executions, c.start(textsInput))
		}
		outcomes := map[string]int{}
		for _, arn := range executions {
			var result contract.Result
			if err := json.Unmarshal([]byte(c.end(arn)), &result); err != nil {
				t.Fatal(err)
			}
			outcomes[string(result.Outcome)]++
		}
		if outcomes["ONBOARDED"] != 1 || outcomes["UNDER_WAY"]+outcomes["ALREADY_ONBOARDED"] != 19 {
			t.Errorf("outcomes %v", outcomes)
		}
		if events := c.events(); len(events) != 1 || len(c.referrals) != 1 {
			t.Errorf("events %q, %d referrals", events, len(c.referrals))
		}
	})
}
