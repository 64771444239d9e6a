package lambda

// This file is what Lambda needs of a function's role for itself.

// checkObserved asks whether the role permits Lambda to write the function's log,
// and its traces. AWS runs the function all the same, and nobody sees what it
// says; here its log is written anyway, and says so.
func (l *Lambda) checkObserved(p *pool) {
	v := p.version
	stream := l.cloud.ARN("logs", "log-group:"+v.logGroup+":log-stream:"+p.function.name)
	needed := [][2]string{{"logs:CreateLogStream", stream}, {"logs:PutLogEvents", stream}}
	if v.traced {
		needed = append(needed, [2]string{"xray:PutTraceSegments", "*"}, [2]string{"xray:PutTelemetryRecords", "*"})
	}
	for _, n := range needed {
		if err := l.cloud.Authorize(v.caller, n[0], n[1]); err != nil {
			p.function.log.note("On AWS nobody would see this: %v", err)
		}
	}
}
