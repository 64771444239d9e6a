package ec2

// This file has the shapes that several operations share. Their names in XML
// are tags, as those in forms are.

type instanceState struct {
	Code int    `xml:"code"`
	Name string `xml:"name"`
}

func (s state) shape() instanceState { return instanceState{int(s), s.String()} }

type stateReason struct {
	Code    string `xml:"code"`
	Message string `xml:"message"`
}

type tag struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

type group struct {
	GroupID   string `json:"GroupId" xml:"groupId"`
	GroupName string `xml:"groupName"`
}

type filter struct {
	Name   string
	Values []string `query:"Value"`
}

// selection is what the operations that change instances have in common.
type selection struct {
	InstanceIDs []string `json:"InstanceIds" query:"InstanceId"`
	DryRun      bool
}

// stateChange is what an operation did to one instance.
type stateChange struct {
	CurrentState  instanceState `xml:"currentState"`
	InstanceID    string        `json:"InstanceId" xml:"instanceId"`
	PreviousState instanceState `xml:"previousState"`
}
