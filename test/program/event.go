package program

import "time"

// Event is the input of one event with all its fields. A tool fills in those that it needs; the others are
// not sent.
type Event struct {
	RequestUniqueIdentifier       string     `json:"requestUniqueIdentifier"`
	Account                       Identifier `json:"accountsReceivableIdentifier"`
	Classification                Identifier `json:"classificationIdentifier"`
	Unit                          Identifier `json:"performedByUnitIdentifier"`
	PerformedOn                   time.Time  `json:"performedOn"`
	Website                       string     `json:"website"`
	Description                   string     `json:"description"`
	ExternalSystem                string     `json:"externalSystem,omitempty"`
	ExternalSystemReferenceNumber string     `json:"externalSystemReferenceNumber,omitempty"`
	UDFString1                    string     `json:"udfString1"`
	UDFString2                    string     `json:"udfString2"`
	UDFString3                    string     `json:"udfString3,omitempty"`
	UDFString4                    string     `json:"udfString4,omitempty"`
	UDFString5                    string     `json:"udfString5,omitempty"`
	UDFString6                    string     `json:"udfString6,omitempty"`
	UDFString7                    string     `json:"udfString7,omitempty"`
	UDFString8                    string     `json:"udfString8,omitempty"`
	UDFFloat1                     float64    `json:"udfFloat1"`
	UDFFloat2                     float64    `json:"udfFloat2,omitzero"`
	UDFFloat3                     float64    `json:"udfFloat3,omitzero"`
	UDFFloat4                     float64    `json:"udfFloat4,omitzero"`
	UDFDate1                      time.Time  `json:"udfDate1"`
	UDFDate2                      time.Time  `json:"udfDate2,omitzero"`
	UDFDate3                      time.Time  `json:"udfDate3,omitzero"`
	UDFDate4                      time.Time  `json:"udfDate4,omitzero"`
}

// Identifier is an input union: exactly one field is set, and the others are not sent.
type Identifier struct {
	Number          string `json:"number,omitempty"`
	Name            string `json:"name,omitempty"`
	AlternativeCode string `json:"alternativeCode,omitempty"`
}
