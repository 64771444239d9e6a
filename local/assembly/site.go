package assembly

// This file finds out which account and region an assembly is meant for.

import (
	"fmt"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// settle decides on the site, and with it on where assets are published.
func (a *Assembly) settle(wanted cloud.Site) error {
	account, err := a.agree("account", wanted.Account, func(s cloud.Site) string { return s.Account })
	if err != nil {
		return err
	}
	region, err := a.agree("region", wanted.Region, func(s cloud.Site) string { return s.Region })
	if err != nil {
		return err
	}
	a.Site = cloud.Site{Account: account, Region: region}
	if account == "" {
		a.Site.Account = "000000000000"
	}
	if region == "" {
		a.Site.Region = "us-east-1"
	}
	concrete := strings.NewReplacer("${AWS::AccountId}", a.Site.Account, "${AWS::Region}", a.Site.Region, "${AWS::Partition}", "aws")
	settled := map[location]string{}
	for at, path := range a.assets {
		settled[location{concrete.Replace(at.bucket), concrete.Replace(at.key)}] = path
	}
	a.assets = settled
	return nil
}

// agree returns the one value that is wanted and that all stacks ask for, or
// empty if nobody asks for any.
func (a *Assembly) agree(what, wanted string, of func(cloud.Site) string) (string, error) {
	value, from := wanted, "the engine's options say"
	for _, s := range a.Stacks {
		asked := of(s.site)
		switch {
		case asked == "" || asked == value:
		case value == "":
			value, from = asked, "stack "+s.Name+" says"
		default:
			return "", fmt.Errorf("stack %s is meant for %s %s, but %s %s: one engine runs one account and region",
				s.Name, what, asked, from, value)
		}
	}
	return value, nil
}
