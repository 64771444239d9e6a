package statemachines

// This file has runs that fail, and what the next ones make of that.

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAQueueOrTableOrFunctionThatIsAwayForAWhileIsWaitedFor(t *testing.T) {
	for _, action := range []string{"PutItem", "SendMessage", "UpdateItem", "Invoke"} {
		t.Run(action, func(t *testing.T) {
			inClub(t, func(t *testing.T, c *club) {
				refuse := times(3, action)
				c.refuse = func(called string) error {
					if err := refuse(called); err != nil && (action == "PutItem" || action == "UpdateItem") {
						return cloud.Errorf(400, "ProvisionedThroughputExceededException", "slow down")
					} else {
						return err
					}
				}
				if got := c.run(textsInput); !strings.Contains(got, `"ONBOARDED"`) {
					t.Errorf("output %s", got)
				}
				if events := c.events(); len(events) != 1 || len(c.referrals) != 1 {
					t.Errorf("events %q, %d referrals", events, len(c.referrals))
				}
			})
		})
	}
}

// Whatever step fails for good, the next execution for the user does exactly
// what is missing, by the profile as it was saved.
func TestTheNextExecutionDoesWhatAFailedOneLeftUndone(t *testing.T) {
	for _, row := range []struct {
		name, action      string
		skip              int // successful calls of the action before
		events, referrals int // of the first execution
		again             string
	}{
		{"the event", "SendMessage", 0, 0, 0, "COMPLETED"},
		{"the note of the event, which is sent again", "UpdateItem", 0, 1, 0, "COMPLETED"},
		{"the referral", "Invoke", 0, 1, 0, "COMPLETED"},
		{"the note of the referral, which is processed again", "UpdateItem", 1, 1, 1, "COMPLETED"},
	} {
		t.Run(row.name, func(t *testing.T) {
			inClub(t, func(t *testing.T, c *club) {
				seen := 0
				c.refuse = func(called string) error {
					if called != row.action {
						return nil
					}
					if seen++; seen <= row.skip {
						return nil
					}
					return cloud.Errorf(403, "AccessDeniedException", "not now")
				}
				if got := c.run(textsInput); strings.Contains(got, "outcome") {
					t.Fatalf("the first one succeeded: %s", got)
				}
				given, _ := c.profile("user-12345")
				if events := c.events(); len(events) != row.events || len(c.referrals) != row.referrals {
					t.Errorf("the first one: events %q, %d referrals", events, len(c.referrals))
				}

				c.refuse = nil
				if got := c.run(`{"user": {"userId": "user-12345", "email": "other@example.com"}}`); !strings.Contains(got, `"outcome":"`+row.again+`","referral":"Processed"`) {
					t.Errorf("the second one: %s", got)
				}
				after, own := c.profile("user-12345")
				if after != given || len(own) != 3 {
					t.Errorf("the profile was %s and is %s with %q", given, after, own)
				}
				sentBefore := row.action == "Invoke" || row.skip == 1
				events := c.events()
				if want := map[bool]int{true: 0, false: 1}[sentBefore]; len(events) != want || len(c.referrals) != row.referrals+1 {
					t.Errorf("the second one: events %q, %d referrals", events, len(c.referrals))
				}
				if len(events) == 1 && !strings.Contains(events[0], `"signupDate":"2025-10-20T10:30:00Z"`) {
					t.Errorf("the event is not of the saved profile: %s", events[0])
				}
				if got := c.run(textsInput); !strings.Contains(got, "ALREADY_ONBOARDED") {
					t.Errorf("the third one: %s", got)
				}
			})
		})
	}
}

func TestOfManyThatWouldDoWhatIsMissingOneDoes(t *testing.T) {
	inClub(t, func(t *testing.T, c *club) {
		c.refuse = func(called string) error {
			if called == "SendMessage" {
				return cloud.Errorf(403, "AccessDeniedException", "not now")
			}
			return nil
		}
		c.run(textsInput)
		c.refuse = func(called string) error {
			if called == "DescribeExecution" {
				time.Sleep(10 * time.Second) // until all have read the profile
			}
			return nil
		}
		var executions []string
		for range 10 {
			executions = append(executions, c.start(textsInput))
		}
		completed := 0
		for _, arn := range executions {
			if strings.Contains(c.end(arn), "COMPLETED") {
				completed++
			}
		}
		if events := c.events(); completed != 1 || len(events) != 1 || len(c.referrals) != 1 {
			t.Errorf("%d completed, events %q, %d referrals", completed, events, len(c.referrals))
		}
	})
}

func TestAnExecutionLeavesWhatIsMissingToTheOneThatIsAtWork(t *testing.T) {
	inClub(t, func(t *testing.T, c *club) {
		c.refuse = func(called string) error {
			if called == "SendMessage" {
				time.Sleep(10 * time.Second) // the profile is saved, and the event not sent
			}
			return nil
		}
		first := c.start(textsInput)
		time.Sleep(5 * time.Second)
		if got, want := c.run(textsInput), `{"userId":"user-12345","outcome":"UNDER_WAY"}`; got != want {
			t.Errorf("the second one: %s, want %s", got, want)
		}
		if got := c.end(first); !strings.Contains(got, `"ONBOARDED"`) {
			t.Errorf("the first one: %s", got)
		}
		if events := c.events(); len(events) != 1 || len(c.referrals) != 1 {
			t.Errorf("events %q, %d referrals", events, len(c.referrals))
		}
	})
}

// What is told of executions lags behind: one that has begun a moment ago is not there.
func TestAnExecutionThatIsNotToldOfYetIsNotForgotten(t *testing.T) {
	inClub(t, func(t *testing.T, c *club) {
		unseen := 0
		c.refuse = func(called string) error {
			switch {
			case called == "SendMessage":
				time.Sleep(10 * time.Second) // the profile is saved, and the event not sent
			case called == "DescribeExecution" && unseen == 0:
				unseen++
				return cloud.Errorf(400, "ExecutionDoesNotExist", "Execution Does Not Exist")
			}
			return nil
		}
		first := c.start(textsInput)
		time.Sleep(5 * time.Second)
		if got, want := c.run(textsInput), `{"userId":"user-12345","outcome":"UNDER_WAY"}`; got != want || unseen != 1 {
			t.Errorf("the second one: %s, want %s", got, want)
		}
		if got := c.end(first); !strings.Contains(got, `"ONBOARDED"`) || len(c.events()) != 1 {
			t.Errorf("the first one: %s", got)
		}
	})
}

// A profile that came into the table in another way, or whose execution is
// forgotten, or that is deleted under way.
func TestAProfileThatNoExecutionStandsForIsNoObstacle(t *testing.T) {
	put := func(c *club, more string) {
		c.do("dynamodb", "PutItem", json.RawMessage(`{"TableName": "`+c.created.Handles["Users"].Ref+`", "Item": {
			"PK": {"S": "user-12345"}, "SK": {"S": "PROFILE"}, "userId": {"S": "user-12345"}, "email": {"S": "e"}`+more+`}}`), nil)
	}
	t.Run("imported", func(t *testing.T) {
		inClub(t, func(t *testing.T, c *club) {
			put(c, "")
			if got := c.run(textsInput); !strings.Contains(got, "ALREADY_ONBOARDED") || len(c.events()) != 0 {
				t.Errorf("got %s", got)
			}
		})
	})
	t.Run("of a forgotten execution", func(t *testing.T) {
		inClub(t, func(t *testing.T, c *club) {
			machine := c.created.Handles["Machine"].Ref
			put(c, `, "onboardedBy": {"S": "`+strings.Replace(machine, ":stateMachine:", ":execution:", 1)+`:gone"}`)
			if got, want := c.run(textsInput), `{"userId":"user-12345","outcome":"COMPLETED","referral":"No Action"}`; got != want || len(c.events()) != 1 {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	})
	t.Run("deleted", func(t *testing.T) {
		inClub(t, func(t *testing.T, c *club) {
			put(c, "")
			deleted := false
			c.refuse = func(called string) error {
				if called == "GetItem" && !deleted {
					deleted = true
					c.do("dynamodb", "DeleteItem", json.RawMessage(`{"TableName": "`+c.created.Handles["Users"].Ref+`", "Key": {"PK": {"S": "user-12345"}, "SK": {"S": "PROFILE"}}}`), nil)
				}
				return nil
			}
			if got := c.run(textsInput); !strings.Contains(got, `"ONBOARDED"`) {
				t.Errorf("got %s", got)
			}
		})
	})
}
