//! Every list walks an index in its own order: shown by the database's own plan of the very statements that were run.

use crate::asked::{ALONE, LOOK, statements};
use crate::raw::Raw;
use crate::stores::Home;

#[tokio::test]
async fn sqlite_walks_an_index_in_the_order_of_every_list() {
    let _alone = ALONE.lock().await;
    let home = Home::sqlite();
    let statements = statements(&home).await;
    let mut raw = Raw::to(&home);
    let mut bad = Vec::new();
    for (name, sql) in &statements {
        let plan = raw.plan(sql);
        // A scan is a walk when it names its index; a table's own order is that of its integer key.
        let walks = plan.iter().all(|line| {
            let scans = line.contains("SCAN") && !line.contains("USING") && !line.contains("SCAN timeline");
            !scans && (name == LOOK || !line.contains("TEMP B-TREE"))
        });
        if !walks {
            bad.push(format!("{name}\n  {sql}\n  {}", plan.join("\n  ")));
        }
    }
    println!(
        "plans on sqlite: {} statements, {} off an index",
        statements.len(),
        bad.len()
    );
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[tokio::test]
async fn postgres_walks_an_index_in_the_order_of_every_list() {
    let _alone = ALONE.lock().await;
    let home = Home::postgres();
    let statements = statements(&home).await;
    let mut raw = Raw::to(&home);
    // Tables are empty here, where a scan is always cheapest: asked is whether there is a way without one.
    let without = "SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off; \
                   SET enable_incremental_sort = off; SET plan_cache_mode = force_generic_plan";
    raw.run(without).expect("set");
    let mut bad = Vec::new();
    for (name, sql) in &statements {
        let plan = raw.plan(sql);
        let walks = plan
            .iter()
            .all(|line| !line.contains("Seq Scan") && !line.contains("Sort"));
        if !walks {
            bad.push(format!("{name}\n  {sql}\n  {}", plan.join("\n  ")));
        }
    }
    println!(
        "plans on postgres: {} statements, {} off an index",
        statements.len(),
        bad.len()
    );
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
