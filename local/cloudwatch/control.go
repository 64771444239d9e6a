package cloudwatch

// This file makes, changes and deletes alarms by calls.

import (
	"context"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// asCall is the API's error of what a template may not say either.
func asCall(action string, err error) error { return cfn.AsCall(action, err, wrongValue) }

func wrongValue(format string, arguments ...any) error {
	return fail("ValidationException", "ValidationError", format, arguments...)
}

func (w *CloudWatch) alarmARN(name string) string { return w.cloud.ARN("cloudwatch", "alarm:"+name) }

func (w *CloudWatch) putMetricAlarm(_ context.Context, caller cloud.Caller, in metricAlarm) (struct{}, error) {
	return struct{}{}, w.put(caller, "PutMetricAlarm", in.AlarmName, func() (*alarm, error) { return w.metricAlarm(in.AlarmName, in) })
}

func (w *CloudWatch) putCompositeAlarm(_ context.Context, caller cloud.Caller, in compositeAlarm) (struct{}, error) {
	return struct{}{}, w.put(caller, "PutCompositeAlarm", in.AlarmName, func() (*alarm, error) { return w.compositeAlarm(in.AlarmName, in) })
}

// put makes an alarm, or puts it in the place of the one that has its name.
func (w *CloudWatch) put(caller cloud.Caller, action, name string, made func() (*alarm, error)) error {
	if name == "" || len(name) > 255 {
		return cloud.Errorf(400, "ValidationError", "1 validation error detected: Value '%.300s' at 'alarmName' failed to satisfy constraint: Member must have length between 1 and 255", name)
	}
	if err := w.cloud.Authorize(caller, "cloudwatch:"+action, w.alarmARN(name)); err != nil {
		return err
	}
	a, err := made()
	if err != nil {
		return asCall(action, err)
	}
	w.mu.Lock()
	known := w.alarms[name]
	w.mu.Unlock()
	switch {
	case known == nil:
		_, err = w.add(a)
	case known.kind() != a.kind():
		err = cloud.Errorf(400, "ValidationError", "Alarm %s is a %s already", name, known.kind())
	default:
		err = w.replace(a, func(had []cloud.Tag) []cloud.Tag { return had }) // those of the call count for a new alarm only
	}
	return asCall(action, err)
}

type alarmNames struct{ AlarmNames []string }

// mayChange asks whether the caller may do that to all of the alarms.
func (w *CloudWatch) mayChange(caller cloud.Caller, action string, names []string) error {
	if len(names) == 0 || len(names) > 100 {
		return cloud.Errorf(400, "ValidationError", "1 validation error detected: Value at 'alarmNames' failed to satisfy constraint: Member must have length between 1 and 100")
	}
	for _, name := range names {
		if err := w.cloud.Authorize(caller, "cloudwatch:"+action, w.alarmARN(name)); err != nil {
			return err
		}
	}
	return nil
}

// deleteAlarms deletes all of the alarms, or none.
func (w *CloudWatch) deleteAlarms(_ context.Context, caller cloud.Caller, in alarmNames) (struct{}, error) {
	if err := w.mayChange(caller, "DeleteAlarms", in.AlarmNames); err != nil {
		return struct{}{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var unknown []string
	for _, name := range in.AlarmNames {
		if w.alarms[name] == nil {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return struct{}{}, cloud.Errorf(404, "ResourceNotFound", "Unknown alarms: %s", strings.Join(unknown, ", "))
	}
	for _, name := range in.AlarmNames {
		delete(w.alarms, name)
	}
	return struct{}{}, nil
}

// switchActions makes the operation that turns the actions of alarms on or off;
// names that no alarm has are passed over.
func (w *CloudWatch) switchActions(action string, on bool) func(context.Context, cloud.Caller, alarmNames) (struct{}, error) {
	return func(_ context.Context, caller cloud.Caller, in alarmNames) (struct{}, error) {
		if err := w.mayChange(caller, action, in.AlarmNames); err != nil {
			return struct{}{}, err
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, name := range in.AlarmNames {
			if a := w.alarms[name]; a != nil {
				a.enabled = on
			}
		}
		return struct{}{}, nil
	}
}
