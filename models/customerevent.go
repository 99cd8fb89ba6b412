package models

import "time"

// Posted is the life cycle state of a recorded event.
const Posted = "POSTED"

// EventDetails holds the values of an event other than its references. A nil field was not given. Times are
// in UTC with microseconds.
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

// WebCustomerEvent is a recorded event: something that a known customer did on a website.
//
// Number is the number that people use, and the primary key; it ascends, with gaps. The program generates ID
// before it writes the event, so that a write with an unknown outcome can be repeated.
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
	// IdentifiersHash holds the keyed hashes of the identifiers in the request, for an event with an
	// external reference (see KeyedHasher.Identifier): 8 bytes each for customer, classification and unit.
	// With it, a repeated event is recognised even after its identifiers refer to other records. It is nil
	// for other events, and for events written before the column existed.
	IdentifiersHash []byte
}

// IdentifierHashLength is the length in bytes of each hash in IdentifiersHash. Eight are enough, because a
// hash is compared only with that of the one event that has the same external reference.
const IdentifierHashLength = 8

// RecordedEvent is an event as it is read, together with the records that it refers to.
type RecordedEvent struct {
	WebCustomerEvent
	Account        Account         `gorm:"foreignKey:AccountKey;references:Key"`
	Participant    *Participant    `gorm:"foreignKey:ParticipantKey;references:Key"`
	Classification *Classification `gorm:"foreignKey:ClassificationKey;references:Key"`
	Unit           Unit            `gorm:"foreignKey:UnitKey;references:Key"`
	CreatedBy      User            `gorm:"foreignKey:CreatedByKey;references:Key"`
}

// EventFilter selects events; a nil field does not restrict the selection. A reference that matches several
// records selects the events of all of them, and one that matches none selects no event. A range of times
// includes its start and excludes its end.
type EventFilter struct {
	Account, Participant, Unit, Classification         *Reference
	ExternalSystem, ExternalSystemReferenceNumber      *string
	PerformedFrom, PerformedTo, CreatedFrom, CreatedTo *time.Time
}

// TableName returns the table of web customer events.
func (WebCustomerEvent) TableName() string { return "web_customer_events" }

// ExternalReference identifies the event in the sender's own system. It is unique, and never reused for
// another event.
type ExternalReference struct {
	System, Number string
}

// ExternalReference returns the event's external reference; ok is false unless system and number are both
// given.
func (d *EventDetails) ExternalReference() (ref ExternalReference, ok bool) {
	if d.ExternalSystem == nil || d.ExternalSystemReferenceNumber == nil {
		return ExternalReference{}, false
	}
	return ExternalReference{*d.ExternalSystem, *d.ExternalSystemReferenceNumber}, true
}
