package onboarding

// This file knows the functions of the system.

// Handler is a function of lambdas/onboarding, whose code a team may replace.
type Handler string

// ProcessReferral is the only function.
const ProcessReferral Handler = "processreferral"

var handlers = []Handler{ProcessReferral}
