// Package processreferral is the step of onboarding for a user who was
// referred. It notes who; a team that rewards referrals puts its own code in
// its place.
package processreferral

import (
	"context"
	"log/slog"

	contract "github.com/tradepost-dev/tradepost/internal/contract/onboarding"
)

// Handle notes the referral in the function's log. It may be invoked more than
// once for a user.
func Handle(ctx context.Context, referral contract.Referral) (string, error) {
	slog.InfoContext(ctx, "referral", "user", referral.UserID, "created", referral.Created)
	return contract.Processed, nil
}
