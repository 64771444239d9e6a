package sagemaker

// This file is training jobs: how one is started, and lives.

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/mock"
)

// maxRuntime is how long a training job may run by default, in seconds.
const maxRuntime = 24 * 60 * 60

type createTrainingJobInput struct {
	trainingSpec
	Tags []tag
}

type createTrainingJobOutput struct {
	TrainingJobARN string `json:"TrainingJobArn"`
}

func (s *SageMaker) createTrainingJob(_ context.Context, caller cloud.Caller, in createTrainingJobInput) (createTrainingJobOutput, error) {
	name := in.TrainingJobName
	if err := checkName("TrainingJobName", name); err != nil {
		return createTrainingJobOutput{}, err
	}
	if err := s.may(caller, "CreateTrainingJob", "training-job", name); err != nil {
		return createTrainingJobOutput{}, err
	}
	if err := s.mayTag(caller, "training-job", name, in.Tags); err != nil {
		return createTrainingJobOutput{}, err
	}
	if err := in.check(); err != nil {
		return createTrainingJobOutput{}, err
	}
	if err := s.passable(caller, s.bearer(&in.trainingSpec)); err != nil {
		return createTrainingJobOutput{}, err
	}
	return createTrainingJobOutput{s.arn("training-job", name)}, s.begin(in.trainingSpec)
}

// check refuses what no training job can be.
func (t *trainingSpec) check() error {
	switch {
	case t.RoleARN == "":
		return required("RoleArn")
	case t.OutputDataConfig == nil:
		return required("OutputDataConfig")
	case t.AlgorithmSpecification == nil:
		return required("AlgorithmSpecification")
	case t.ResourceConfig == nil:
		return required("ResourceConfig")
	case t.StoppingCondition == nil:
		return required("StoppingCondition")
	}
	if _, _, err := location("OutputDataConfig.S3OutputPath", t.OutputDataConfig.S3OutputPath); err != nil {
		return err
	}
	a := t.AlgorithmSpecification
	switch {
	case (a.TrainingImage == "") == (a.AlgorithmName == ""):
		return invalid("Either TrainingImage or AlgorithmName must be provided, and not both.")
	case a.TrainingInputMode != "File" && a.TrainingInputMode != "Pipe" && a.TrainingInputMode != "FastFile":
		return invalid("1 validation error detected: Value '%s' at 'algorithmSpecification.trainingInputMode' failed to satisfy constraint: Member must satisfy enum value set: [Pipe, File, FastFile]", a.TrainingInputMode)
	}
	for _, c := range t.InputDataConfig {
		if c.ChannelName == "" || c.DataSource == nil {
			return invalid("A channel of InputDataConfig needs a ChannelName and a DataSource.")
		}
		if source := c.DataSource.S3DataSource; source != nil {
			if _, _, err := location("InputDataConfig.DataSource.S3DataSource.S3Uri", source.S3URI); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin starts a training job that ends as the mock configuration says.
func (s *SageMaker) begin(spec trainingSpec) error {
	name := spec.TrainingJobName
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trainings[name] != nil {
		return inUse("Training", s.arn("training-job", name))
	}
	response, err := s.response("createTrainingJob", name)
	if err != nil {
		return err
	}
	if response == nil {
		return unscripted("training job ends", "createTrainingJob", name)
	}
	end, err := trainingEnd(response)
	if err != nil {
		return misscripted("createTrainingJob", name, err)
	}
	spec.StoppingCondition.MaxRuntimeInSeconds = cmp.Or(spec.StoppingCondition.MaxRuntimeInSeconds, maxRuntime)
	now := cloud.Time(time.Now())
	j := newJob(trainingJob{
		trainingSpec: spec, TrainingJobARN: s.arn("training-job", name), TrainingJobStatus: inProgress, CreationTime: now, LastModifiedTime: now,
	})
	j.shape.enter("Starting", "Starting the training job", now)
	s.trainings[name] = j
	forget(s.trainings, func(t *trainingJob) time.Time { return time.Time(t.CreationTime) })
	s.cloud.Go(func(ctx context.Context) { s.train(ctx, j, end) })
	return nil
}

// trainingEnd is how a job ends by a response.
func trainingEnd(response *mock.Response) (trainingJob, error) {
	end := trainingJob{TrainingJobStatus: completed}
	hasFailed, err := response.Describe(&end, &end.FailureReason)
	if err != nil {
		return end, err
	}
	if hasFailed && end.TrainingJobStatus == completed {
		end.TrainingJobStatus = failed
	}
	end.SecondaryStatus = cmp.Or(end.SecondaryStatus, end.TrainingJobStatus)
	return end, final(end.TrainingJobStatus)
}

// enter notes the job's secondary status. Descriptions that were given out keep
// theirs.
func (t *trainingJob) enter(secondary, message string, now cloud.Time) {
	transitions := slices.Clone(t.SecondaryStatusTransitions)
	if n := len(transitions); n > 0 {
		transitions[n-1].EndTime = &now
	}
	t.SecondaryStatus, t.LastModifiedTime = secondary, now
	t.SecondaryStatusTransitions = append(transitions, transition{Status: secondary, StartTime: now, StatusMessage: message})
}

// train takes a job from status to status.
func (s *SageMaker) train(ctx context.Context, j *job[trainingJob], end trainingJob) {
	spec := &j.shape.trainingSpec // does not change
	if !j.pause(ctx, phase) {
		s.stopTraining(ctx, j)
		return
	}
	s.changeTraining(j, "Downloading", "Downloading input data")
	if err := s.checkInputs(ctx, spec); err != nil {
		s.concludeTraining(j, trainingJob{TrainingJobStatus: failed, SecondaryStatus: failed, FailureReason: err.Error()})
		return
	}
	if !j.pause(ctx, phase) {
		s.stopTraining(ctx, j)
		return
	}
	s.changeTraining(j, "Training", "Training image download completed. Training in progress.")
	lasts, limit := workTime, time.Duration(spec.StoppingCondition.MaxRuntimeInSeconds)*time.Second
	if end.TrainingTimeInSeconds != nil {
		lasts = time.Duration(*end.TrainingTimeInSeconds) * time.Second
	}
	if lasts > limit {
		lasts, end = limit, trainingJob{TrainingJobStatus: stopped, SecondaryStatus: "MaxRuntimeExceeded", FinalMetricDataList: end.FinalMetricDataList}
	}
	if !j.pause(ctx, lasts) {
		s.stopTraining(ctx, j)
		return
	}
	if end.TrainingJobStatus != failed && end.ModelArtifacts == nil {
		s.changeTraining(j, "Uploading", "Uploading generated training model")
		if !j.pause(ctx, phase) {
			s.stopTraining(ctx, j)
			return
		}
		address, err := s.upload(ctx, spec, end.FinalMetricDataList)
		if err != nil {
			end = trainingJob{TrainingJobStatus: failed, SecondaryStatus: failed, FailureReason: err.Error()}
		} else {
			end.ModelArtifacts = &modelArtifacts{address}
		}
	}
	s.concludeTraining(j, end)
}

func (s *SageMaker) changeTraining(j *job[trainingJob], secondary, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := cloud.Time(time.Now())
	if secondary == "Downloading" {
		j.shape.TrainingStartTime = &now
	}
	j.shape.enter(secondary, message, now)
	s.tellTraining(&j.shape)
}

// stopTraining stops a job, unless the engine is ending.
func (s *SageMaker) stopTraining(ctx context.Context, j *job[trainingJob]) {
	if ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	j.shape.TrainingJobStatus = stopping
	j.shape.enter(stopping, "Stopping the training job", cloud.Time(time.Now()))
	s.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-time.After(phase):
		s.concludeTraining(j, trainingJob{TrainingJobStatus: stopped, SecondaryStatus: stopped})
	}
}

func (s *SageMaker) concludeTraining(j *job[trainingJob], end trainingJob) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := cloud.Time(time.Now())
	t := &j.shape
	for i := range end.FinalMetricDataList {
		if end.FinalMetricDataList[i].Timestamp == nil {
			end.FinalMetricDataList[i].Timestamp = &now
		}
	}
	t.enter(end.SecondaryStatus, map[string]string{completed: "Training job completed", failed: "Training job failed", stopped: "Training job stopped"}[end.TrainingJobStatus], now)
	t.TrainingJobStatus, t.FailureReason, t.ModelArtifacts, t.FinalMetricDataList = end.TrainingJobStatus, end.FailureReason, end.ModelArtifacts, end.FinalMetricDataList
	t.TrainingEndTime = &now
	if t.TrainingStartTime != nil {
		took := int(time.Time(now).Sub(time.Time(*t.TrainingStartTime)).Round(time.Second).Seconds())
		t.TrainingTimeInSeconds = &took
		t.BillableTimeInSeconds = cmp.Or(end.BillableTimeInSeconds, &took)
	}
	close(j.ended)
	s.tellTraining(t)
}

func (s *SageMaker) trainingNamed(caller cloud.Caller, action, name string) (*job[trainingJob], error) {
	if err := checkName("TrainingJobName", name); err != nil {
		return nil, err
	}
	if err := s.may(caller, action, "training-job", name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j, ok := s.trainings[name]
	if !ok {
		return nil, invalid("Requested resource not found.")
	}
	return j, nil
}

type trainingJobNamed struct{ TrainingJobName string }

func (s *SageMaker) describeTrainingJob(_ context.Context, caller cloud.Caller, in trainingJobNamed) (trainingJob, error) {
	j, err := s.trainingNamed(caller, "DescribeTrainingJob", in.TrainingJobName)
	if err != nil {
		return trainingJob{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return j.shape, nil
}

func (s *SageMaker) stopTrainingJob(_ context.Context, caller cloud.Caller, in trainingJobNamed) (struct{}, error) {
	j, err := s.trainingNamed(caller, "StopTrainingJob", in.TrainingJobName)
	if err != nil {
		return struct{}{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return struct{}{}, j.halt("training", j.shape.TrainingJobStatus)
}
