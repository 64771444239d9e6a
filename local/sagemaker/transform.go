package sagemaker

// This file is transform jobs.

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/mock"
	"github.com/tradepost-dev/tradepost/local/s3"
)

type createTransformJobInput struct {
	transformSpec
	Tags []tag
}

type createTransformJobOutput struct {
	TransformJobARN string `json:"TransformJobArn"`
}

func (s *SageMaker) createTransformJob(_ context.Context, caller cloud.Caller, in createTransformJobInput) (createTransformJobOutput, error) {
	name := in.TransformJobName
	if err := checkName("TransformJobName", name); err != nil {
		return createTransformJobOutput{}, err
	}
	if err := s.may(caller, "CreateTransformJob", "transform-job", name); err != nil {
		return createTransformJobOutput{}, err
	}
	if err := s.mayTag(caller, "transform-job", name, in.Tags); err != nil {
		return createTransformJobOutput{}, err
	}
	if err := in.check(); err != nil {
		return createTransformJobOutput{}, err
	}
	return createTransformJobOutput{s.arn("transform-job", name)}, s.beginTransform(in.transformSpec)
}

func (t *transformSpec) check() error {
	switch {
	case t.ModelName == "":
		return required("ModelName")
	case t.TransformInput == nil || t.TransformInput.DataSource == nil || t.TransformInput.DataSource.S3DataSource == nil:
		return required("TransformInput.DataSource.S3DataSource")
	case t.TransformOutput == nil:
		return required("TransformOutput")
	case t.TransformResources == nil:
		return required("TransformResources")
	}
	if _, _, err := location("TransformInput.DataSource.S3DataSource.S3Uri", t.TransformInput.DataSource.S3DataSource.S3URI); err != nil {
		return err
	}
	_, _, err := location("TransformOutput.S3OutputPath", t.TransformOutput.S3OutputPath)
	return err
}

// transformEnd is how a transform job ends: as what, and with what it has written,
// texts by their addresses in S3.
type transformEnd struct {
	transformJob
	Objects map[string]string
}

func (s *SageMaker) beginTransform(spec transformSpec) error {
	name := spec.TransformJobName
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.models[spec.ModelName]
	if !ok {
		return s.missing("model", "model", spec.ModelName)
	}
	if s.transforms[name] != nil {
		return inUse("Transform", s.arn("transform-job", name))
	}
	response, err := s.response("createTransformJob", name)
	if err != nil {
		return err
	}
	if response == nil {
		return unscripted("transform job ends", "createTransformJob", name)
	}
	end, err := endOfTransform(response)
	if err != nil {
		return misscripted("createTransformJob", name, err)
	}
	j := newJob(transformJob{
		transformSpec: spec, TransformJobARN: s.arn("transform-job", name), TransformJobStatus: inProgress, CreationTime: cloud.Time(time.Now()),
	})
	s.transforms[name] = j
	forget(s.transforms, func(t *transformJob) time.Time { return time.Time(t.CreationTime) })
	b := bearer{m.ExecutionRoleARN, j.shape.TransformJobARN}
	s.cloud.Go(func(ctx context.Context) { s.transform(ctx, j, b, end) })
	return nil
}

func endOfTransform(response *mock.Response) (transformEnd, error) {
	end := transformEnd{transformJob: transformJob{TransformJobStatus: completed}}
	hasFailed, err := response.Describe(&end, &end.FailureReason)
	if err != nil {
		return end, err
	}
	if hasFailed && end.TransformJobStatus == completed {
		end.TransformJobStatus = failed
	}
	return end, final(end.TransformJobStatus)
}

// transform takes a job from its start to its end.
func (s *SageMaker) transform(ctx context.Context, j *job[transformJob], b bearer, end transformEnd) {
	conclude := func(status, reason string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		now := cloud.Time(time.Now())
		j.shape.TransformJobStatus, j.shape.FailureReason, j.shape.TransformEndTime = status, reason, &now
		close(j.ended)
		s.tellTransform(&j.shape)
	}
	halted := func() {
		if ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		j.shape.TransformJobStatus = stopping
		s.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(phase):
			conclude(stopped, "")
		}
	}
	if !j.pause(ctx, phase) {
		halted()
		return
	}
	if err := s.checkInput(ctx, b, j.shape.TransformInput.DataSource.S3DataSource); err != nil {
		conclude(failed, err.Error())
		return
	}
	s.mu.Lock()
	now := cloud.Time(time.Now())
	j.shape.TransformStartTime = &now
	s.mu.Unlock()
	if !j.pause(ctx, workTime) {
		halted()
		return
	}
	if err := s.write(ctx, b, end.Objects); err != nil {
		conclude(failed, err.Error())
		return
	}
	conclude(end.TransformJobStatus, end.FailureReason)
}

// write writes texts by their addresses.
func (s *SageMaker) write(ctx context.Context, b bearer, objects map[string]string) error {
	if len(objects) == 0 {
		return nil
	}
	client, err := s.objects(b)
	if err != nil {
		return err
	}
	for _, address := range slices.Sorted(maps.Keys(objects)) {
		bucket, key, err := location("Objects", address)
		if err != nil {
			return err
		}
		if _, err := client.Put(ctx, s3.PutInput{Bucket: bucket, Key: key, Body: strings.NewReader(objects[address])}); err != nil {
			return clientError("Could not write to %s: %s", address, cloud.AsError(err).Message)
		}
	}
	return nil
}

func (s *SageMaker) transformNamed(caller cloud.Caller, action, name string) (*job[transformJob], error) {
	if err := checkName("TransformJobName", name); err != nil {
		return nil, err
	}
	if err := s.may(caller, action, "transform-job", name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j, ok := s.transforms[name]
	if !ok {
		return nil, invalid("Could not find requested job with name: %s", name)
	}
	return j, nil
}

type transformJobNamed struct{ TransformJobName string }

func (s *SageMaker) describeTransformJob(_ context.Context, caller cloud.Caller, in transformJobNamed) (transformJob, error) {
	j, err := s.transformNamed(caller, "DescribeTransformJob", in.TransformJobName)
	if err != nil {
		return transformJob{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return j.shape, nil
}

func (s *SageMaker) stopTransformJob(_ context.Context, caller cloud.Caller, in transformJobNamed) (struct{}, error) {
	j, err := s.transformNamed(caller, "StopTransformJob", in.TransformJobName)
	if err != nil {
		return struct{}{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return struct{}{}, j.halt("transform", j.shape.TransformJobStatus)
}
