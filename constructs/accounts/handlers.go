package accounts

// This file knows the functions of the system.

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"

	"github.com/tradepost-dev/tradepost/constructs/gofunction"
	"github.com/tradepost-dev/tradepost/constructs/operation"
	contract "github.com/tradepost-dev/tradepost/internal/contract/accounts"
)

// Handler is a function of lambdas/accounts, whose code a team may replace.
type Handler string

// A check is invoked with the application, and answers with what it has checked
// as it is to be stored: {"name": ...}, {"address": {...}}. What does not stand
// it is an error by the name NameRejected or AddressRejected, whose message is a
// JSON list of reasons: [{"code": ..., "message": ...}]. Any other error is a
// failure of the system.
const (
	CheckName    Handler = "checkname"
	CheckAddress Handler = "checkaddress"
)

// ApproveApplication decides and records; OpenNewAccount opens the account.
const (
	ApproveApplication Handler = "approveapplication"
	OpenNewAccount     Handler = "opennewaccount"
)

var handlers = []Handler{CheckName, CheckAddress, ApproveApplication, OpenNewAccount}

// addFunctions declares the functions. An error of the first three is what they
// have to say of an application more often than a failure; the API's alarm tells
// of failures.
func (s *System) addFunctions(functions gofunction.Set[Handler], refused []string) {
	const timeout = 5 * time.Second // as the tasks of the state machine
	names, err := json.Marshal(append([]string{}, refused...))
	if err != nil {
		panic(err) // strings always marshal
	}
	quiet := functions
	quiet.Alarms.Errors = operation.Alarm{Off: true}
	s.CheckName = quiet.Add("CheckName", CheckName, gofunction.Props{
		Description: "Checks the name of who applies for an account",
		Environment: map[string]string{contract.EnvRefusedNames: string(names)},
		Timeout:     timeout,
	})
	s.CheckAddress = quiet.Add("CheckAddress", CheckAddress, gofunction.Props{
		Description: "Checks the address of who applies for an account",
		Timeout:     timeout,
	})
	s.ApproveApplication = quiet.Add("ApproveApplication", ApproveApplication, gofunction.Props{
		Description: "Decides on an application for an account, and records the decision",
		Environment: map[string]string{contract.EnvApplicationsTable: *s.Applications.TableName()},
		Timeout:     timeout,
	})
	s.OpenNewAccount = functions.Add("OpenNewAccount", OpenNewAccount, gofunction.Props{
		Description: "Opens the account of an applicant who was approved",
		Environment: map[string]string{contract.EnvAccountsTable: *s.Accounts.TableName()},
		Timeout:     timeout,
	})
	allowWrite(s.ApproveApplication, s.Applications)
	allowWrite(s.OpenNewAccount, s.Accounts)
}

// allowWrite lets a function write rows. What it reads is what a refused write
// answers with.
func allowWrite(function *gofunction.Function, table awsdynamodb.ITable) {
	operation.AllowTable(function, table, "dynamodb:PutItem")
}
