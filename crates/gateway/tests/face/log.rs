//! The log as an operator searches, proves and exports it, over the socket.

use contract::query::Query;
use contract::{
    CompletionQuery, ConsistencyQuery, DensityQuery, FindQuery, InclusionQuery, ItemState, LogExportRequest,
    LogLinesQuery, LogPage, LogQuery, LogRow, Operators as _, Receipt, ReceiptState, RecordRef, ReviewerDecision,
};
use evidence::envelope::IN_TOTO;
use evidence::statement::LogExportStatement;
use evidence::{Digest, Envelope};

use crate::house::{House, streaming, text, with_tool};

/// A house where something was allowed, denied by a person, and released.
async fn lived_in() -> House {
    let house = House::open().await;
    assert_eq!(house.call(&[], &text()).await.status, 200);
    for decision in [ReviewerDecision::Deny, ReviewerDecision::Approve] {
        let mut sent = house.begin(&[], &streaming(with_tool())).await;
        sent.until(": held").await;
        let item = house
            .item_when(|item| item.state == ItemState::Waiting && item.attached)
            .await;
        house.decide(&item.uid, decision, "Seen.").await;
        sent.end().await;
    }
    house
}

async fn list(house: &House, filter: &str) -> LogPage {
    let query = LogQuery {
        filter: filter.to_owned(),
        limit: 1000,
        ..LogQuery::default()
    };
    let page = house
        .desk
        .log(query)
        .await
        .unwrap_or_else(|error| panic!("{filter}: {error}"));
    assert_eq!(page.searched, page.size, "{filter}");
    page
}

async fn sequences(house: &House, filter: &str) -> Vec<u64> {
    list(house, filter).await.rows.iter().map(|row| row.sequence).collect()
}

#[tokio::test]
async fn every_field_of_every_record_carries_the_filter_that_selects_it() {
    let house = lived_in().await;
    let all = list(&house, "").await;
    assert_eq!(all.matching, all.size);
    for LogRow {
        sequence,
        who_filter,
        did_filter,
        ..
    } in all.rows
    {
        for filter in [who_filter, did_filter] {
            let found = sequences(&house, &filter).await;
            assert!(found.contains(&sequence), "record {sequence}, {filter}: {found:?}");
        }
        let detail = house.desk.log_record(RecordRef { sequence }).await.unwrap();
        assert!(detail.fields.len() >= 4, "{detail:?}");
        for field in &detail.fields {
            assert!(Query::parse(&field.filter).is_ok(), "{field:?}");
            let found = sequences(&house, &field.filter).await;
            assert!(found.contains(&sequence), "record {sequence}, {field:?}: {found:?}");
        }
        for id in [&detail.fingerprint, &sequence.to_string()] {
            let wanted = FindQuery {
                wanted: id.clone(),
                ..FindQuery::default()
            };
            let found = house.desk.log_find(wanted).await.unwrap();
            assert_eq!((found.records.as_slice(), found.of), (&[sequence][..], 1), "{id}");
            assert_eq!(found.at, all.size.checked_sub(sequence + 1));
        }
    }
}

#[tokio::test]
async fn filters_select_and_what_cant_be_read_is_said() {
    let house = lived_in().await;
    let held = list(&house, "agent:support-bot decision:held").await;
    assert_eq!(held.matching, 2);
    let story = held.rows[0].correlation_uid.clone().unwrap();
    let steps = sequences(&house, &format!("story:{story}")).await;
    assert!(steps.len() >= 4, "{steps:?}");
    assert_eq!(
        sequences(&house, "operator:\"Robin Example\" decision:signed")
            .await
            .len(),
        1
    );
    assert_eq!(
        sequences(&house, "tool:chat.completions -decision:held -kind:item_decided")
            .await
            .len(),
        4
    );
    assert_eq!(sequences(&house, "countersigned released").await.len(), 1);
    assert!(sequences(&house, "before:1999-01-01").await.is_empty());
    let mut both = sequences(&house, "decision:held decision:refused").await;
    both.dedup();
    assert_eq!(both.len(), 3);

    let second = LogQuery {
        filter: "decision:held".to_owned(),
        at: 1,
        limit: 1,
        size: Some(held.size),
    };
    let page = house.desk.log(second).await.unwrap();
    assert_eq!((page.rows.len(), page.rows[0].sequence), (1, held.rows[1].sequence));

    let wrong = LogQuery {
        filter: "agent:x colour:red".to_owned(),
        ..LogQuery::default()
    };
    let error = house.desk.log(wrong).await.unwrap_err();
    assert_eq!(error.code, contract::Code::Invalid);
    assert!(error.message.contains("(at character 9)"), "{error}");

    let typed = |field: &str, prefix: &str| CompletionQuery {
        field: field.to_owned(),
        prefix: prefix.to_owned(),
    };
    let values = house.desk.log_complete(typed("agent", "supp")).await.unwrap().values;
    assert_eq!(
        values.iter().map(|value| value.value.as_str()).collect::<Vec<_>>(),
        ["support-bot"]
    );
    let values = house.desk.log_complete(typed("decision", "")).await.unwrap().values;
    assert_eq!(values.len(), 6);
    assert!(house.desk.log_complete(typed("colour", "")).await.is_err());

    let density = DensityQuery {
        slots: 20,
        ..DensityQuery::default()
    };
    let density = house.desk.log_density(density).await.unwrap();
    let total: u64 = density.slots.iter().map(|slot| u64::from(slot.records)).sum();
    let held: u32 = density.slots.iter().map(|slot| slot.held).sum();
    assert_eq!((total, held), (density.searched, 2));
}

#[tokio::test]
async fn an_export_is_what_is_stored_attested_and_recorded() {
    let house = lived_in().await;
    for filter in ["", "agent:support-bot", "before:1999-01-01"] {
        let request = LogExportRequest {
            filter: filter.to_owned(),
        };
        let size = house.log_size().await;
        let export = house.desk.log_export(request).await.unwrap();
        let mut lines = Vec::new();
        loop {
            let query = LogLinesQuery {
                export_record: export.export_record,
                at: lines.len() as u64,
            };
            let more = house.desk.log_lines(query).await.unwrap().lines;
            if more.is_empty() {
                break;
            }
            lines.extend(more);
        }
        let mut bytes = String::new();
        for line in &lines {
            bytes.push_str(line);
            bytes.push('\n');
        }
        assert_eq!(Digest::sha256(bytes.as_bytes()).to_string(), export.sha256);
        assert_eq!((export.tree_size, export.count), (size, lines.len() as u64));
        let mut expected = sequences(&house, filter).await;
        expected.retain(|sequence| *sequence < size);
        expected.reverse();
        for (line, sequence) in lines.iter().zip(&expected) {
            let stored = house.desk.log_record(RecordRef { sequence: *sequence }).await.unwrap();
            assert_eq!(*line, stored.ocsf);
        }
        assert_eq!(lines.len(), expected.len());
        assert_eq!(
            (export.first, export.last),
            (expected.first().copied(), expected.last().copied())
        );

        let envelope = Envelope::parse(export.attestation.as_bytes()).unwrap();
        let said = LogExportStatement::parse(envelope.unverified_payload()).unwrap();
        assert_eq!((said.filter.as_str(), said.count), (filter, export.count));
        assert_eq!(said.lines_sha256.to_string(), export.sha256);
        assert_eq!(said.root.to_string(), export.root);
        let case_key = case_key(&house).await;
        assert!(envelope.verify(IN_TOTO, &case_key).is_ok());

        let sequence = export.export_record;
        let record = house.desk.log_record(RecordRef { sequence }).await.unwrap();
        assert_eq!(record.row.class_uid, 1008);
        assert!(record.ocsf.contains(&export.sha256));
        assert!(
            !record.ocsf.contains("agent:support-bot"),
            "what was typed stands in no record"
        );
    }
    let unrecorded = LogLinesQuery {
        export_record: 0,
        at: 0,
    };
    let error = house.desk.log_lines(unrecorded).await.unwrap_err();
    assert_eq!(error.code, contract::Code::NotFound);
}

/// The case file key, from the record that registered it.
async fn case_key(house: &House) -> evidence::PublicKey {
    use base64::Engine as _;
    for row in list(house, "kind:key_added").await.rows {
        let sequence = row.sequence;
        let record = house.desk.log_record(RecordRef { sequence }).await.unwrap();
        let event: serde_json::Value = serde_json::from_str(&record.ocsf).unwrap();
        let facts = &event["unmapped"]["countersign"]["facts"];
        if facts["role"] == "case" {
            let spki = base64::engine::general_purpose::STANDARD.decode(facts["spki"].as_str().unwrap());
            return evidence::PublicKey::from_spki_der(&spki.unwrap()).unwrap();
        }
    }
    panic!("no case key is registered")
}

#[tokio::test]
async fn receipts_are_told_apart_and_proofs_are_given() {
    let house = lived_in().await;
    let answered = house.call(&[], &text()).await;
    let header = answered.header("countersign-receipt").unwrap().to_owned();
    let parts: Vec<&str> = header.split(' ').collect();
    let receipt = Receipt {
        origin: parts[0].to_owned(),
        sequence: parts[1].parse().unwrap(),
        fingerprint: parts[2].to_owned(),
    };
    let other = |change: &dyn Fn(&mut Receipt)| {
        let mut receipt = receipt.clone();
        change(&mut receipt);
        receipt
    };
    for (receipt, state) in [
        (receipt.clone(), ReceiptState::Held),
        (other(&|receipt| receipt.sequence -= 1), ReceiptState::Differs),
        (
            other(&|receipt| receipt.fingerprint = "0".repeat(64)),
            ReceiptState::Differs,
        ),
        (other(&|receipt| receipt.sequence = 100_000), ReceiptState::Missing),
        (other(&|receipt| receipt.origin.push('0')), ReceiptState::OtherLog),
    ] {
        assert_eq!(house.desk.log_check_receipt(receipt).await.unwrap().state, state);
    }
    assert!(
        house
            .desk
            .log_check_receipt(other(&|receipt| receipt.fingerprint.clear()))
            .await
            .is_err()
    );

    let sequence = receipt.sequence;
    let proof = house
        .desk
        .log_prove(InclusionQuery { sequence, size: None })
        .await
        .unwrap();
    assert!(proof.size > sequence && proof.fingerprint == receipt.fingerprint);
    let to = Some(proof.size);
    let consistent = house
        .desk
        .log_consistency(ConsistencyQuery { from: 3, to })
        .await
        .unwrap();
    assert_eq!(consistent.to_root, proof.root);
    assert_eq!(consistent.checkpoint.as_ref(), Some(&proof.checkpoint));
    for (from, to) in [(0, None), (5, Some(4)), (1, Some(u64::MAX))] {
        assert!(house.desk.log_consistency(ConsistencyQuery { from, to }).await.is_err());
    }
    let nowhere = InclusionQuery {
        sequence: u64::MAX,
        size: None,
    };
    assert!(house.desk.log_prove(nowhere).await.is_err());
}
