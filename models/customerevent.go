package models

import "time"

// Posted is the life cycle state of an event that has been recorded.
const Posted = "POSTED"

// EventDetails is what the caller tells about an event, references aside; nil where nothing was given.
// Times are in UTC with microseconds.
type EventDetails struct {
	PerformedOn                   time.Time
	Website                       string
	Description                   *string
	ExternalSystem                *string
	ExternalSystemReferenceNumber *string
	UDFString1                    *string    `gorm:"column:udf_string_1"`
	UDFString2                    *string    `gorm:"column:udf_string_2"`
	UDFString3                    *string    `gorm:"column:udf_string_3"`
	UDFString4                    *string    `gorm:"column:udf_string_4"`
	UDFString5                    *string    `gorm:"column:udf_string_5"`
	UDFString6                    *string    `gorm:"column:udf_string_6"`
	UDFString7                    *string    `gorm:"column:udf_string_7"`
	UDFString8                    *string    `gorm:"column:udf_string_8"`
	UDFFloat1                     *float64   `gorm:"column:udf_float_1"`
	UDFFloat2                     *float64   `gorm:"column:udf_float_2"`
	UDFFloat3                     *float64   `gorm:"column:udf_float_3"`
	UDFFloat4                     *float64   `gorm:"column:udf_float_4"`
	UDFDate1                      *time.Time `gorm:"column:udf_date_1"`
	UDFDate2                      *time.Time `gorm:"column:udf_date_2"`
	UDFDate3                      *time.Time `gorm:"column:udf_date_3"`
	UDFDate4                      *time.Time `gorm:"column:udf_date_4"`
}

// WebCustomerEvent is a recorded event: something a known customer did on a website.
//
// Number is the running number by which people name the event and the key of the table; it grows, with gaps. ID is made
// by us before the event is written, so that a write whose outcome is unknown can be repeated.
type WebCustomerEvent struct {
	Number int64 `gorm:"primaryKey"`
	ID     ID
	EventDetails
	AccountKey        int64
	ParticipantKey    *int64
	ClassificationKey *int64
	UnitKey           int64
	CreatedAt         time.Time
	CreatedByKey      int64
	// IdentifiersHash has the keyed hashes of the identifiers that an event with an external reference was
	// sent with (see Secrets.Identifier): 8 bytes each of the customer's, the classification's and the
	// unit's. By it the same event sent again is known whatever its identifiers mean by then. It is nil for
	// other events, and for those of before it was kept.
	IdentifiersHash []byte
}

// IdentifierHashLength is how many bytes of a hash IdentifiersHash has of each identifier: enough, since a
// hash is only ever compared with that of the one event that has the same external reference.
const IdentifierHashLength = 8

// RecordedEvent is an event as it is read, with the records it points at.
type RecordedEvent struct {
	WebCustomerEvent
	Account        Account         `gorm:"foreignKey:AccountKey;references:Key"`
	Participant    *Participant    `gorm:"foreignKey:ParticipantKey;references:Key"`
	Classification *Classification `gorm:"foreignKey:ClassificationKey;references:Key"`
	Unit           Unit            `gorm:"foreignKey:UnitKey;references:Key"`
	CreatedBy      User            `gorm:"foreignKey:CreatedByKey;references:Key"`
}

// EventFilter narrows events down; what is nil does not. A reference that several records match filters for the events of all of
// them, and one that matches none for no event. Times are from included, to excluded.
type EventFilter struct {
	Account, Participant, Unit, Classification         *Reference
	ExternalSystem, ExternalSystemReferenceNumber      *string
	PerformedFrom, PerformedTo, CreatedFrom, CreatedTo *time.Time
}

// TableName is where web customer events are kept.
func (WebCustomerEvent) TableName() string { return "web_customer_events" }

// ExternalReference is the name of the event in the sender's own system. It names the event for ever: no two events
// share one.
type ExternalReference struct {
	System, Number string
}

// ExternalReference is the event's external reference; ok is false unless system and number are both given.
func (d *EventDetails) ExternalReference() (ref ExternalReference, ok bool) {
	if d.ExternalSystem == nil || d.ExternalSystemReferenceNumber == nil {
		return ExternalReference{}, false
	}
	return ExternalReference{*d.ExternalSystem, *d.ExternalSystemReferenceNumber}, true
}
