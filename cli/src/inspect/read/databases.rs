//! The databases behind a proxy, by RDS: clusters with their instances, or single instances.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html>

use std::collections::BTreeSet;

use super::Reader;
use super::proxy::page;
use crate::inspect::account::{Answer, Call, Database, Target};
use crate::inspect::aws::{Node, Parameters};

impl Reader<'_> {
    pub(super) async fn databases(&self, targets: &[Target]) -> Vec<Database> {
        let is_cluster = |target: &&Target| target.kind == "TRACKED_CLUSTER";
        let clusters: BTreeSet<&str> = (targets.iter())
            .filter_map(|target| target.cluster.as_deref())
            .chain(targets.iter().filter(is_cluster).map(|target| target.id.as_str()))
            .collect();
        let mut all = Vec::new();
        for id in &clusters {
            all.extend(self.cluster(id).await);
        }
        if clusters.is_empty() {
            for target in targets {
                let only = parameter("DBInstanceIdentifier", &target.id);
                all.extend(self.instances(only, &target.id).await);
            }
        }
        all
    }

    /// A cluster and its instances; the cluster is where they are.
    async fn cluster(&self, id: &str) -> Vec<Database> {
        let only = parameter("DBClusterIdentifier", id);
        let answer =
            self.rds("DescribeDBClusters", only, |root| page(root, "DBClusters", cluster)).await;
        let clusters = self.note(Call::DescribeDbClusters, id, answer);
        let mut of_cluster = parameter("Filters.Filter.1.Name", "db-cluster-id");
        of_cluster.extend(parameter("Filters.Filter.1.Values.Value.1", id));
        let instances = self.instances(of_cluster, id).await;
        let place = instances.first().cloned().unwrap_or_default();
        let at_place = |cluster: &Database| Database {
            subnet_ids: place.subnet_ids.clone(),
            vpc_id: place.vpc_id.clone(),
            ..cluster.clone()
        };
        let clusters = clusters.known().into_iter().flatten().map(at_place);
        clusters.chain(instances.iter().cloned()).collect()
    }

    async fn instances(&self, parameters: Parameters, about: &str) -> Vec<Database> {
        let answer = self
            .rds("DescribeDBInstances", parameters, |root| page(root, "DBInstances", instance))
            .await;
        match self.note(Call::DescribeDbInstances, about, answer) {
            Answer::Known(instances) => instances,
            Answer::Absent | Answer::Unknown => vec![],
        }
    }
}

fn parameter(name: &str, value: &str) -> Parameters {
    vec![(name.to_owned(), value.to_owned())]
}

fn cluster(item: Node<'_>) -> Database {
    let hosts = ["Endpoint", "ReaderEndpoint"].into_iter().filter_map(|name| item.string(name));
    Database {
        id: item.string_or_empty("DBClusterIdentifier"),
        is_cluster: true,
        resource_id: item.string("DbClusterResourceId"),
        engine: item.string_or_empty("Engine"),
        status: item.string_or_empty("Status"),
        port: item.number("Port"),
        hosts: hosts.chain(item.texts("CustomEndpoints")).collect(),
        has_iam: item.is_true("IAMDatabaseAuthenticationEnabled"),
        security_group_ids: item.texts_in("VpcSecurityGroups", "VpcSecurityGroupId"),
        subnet_ids: vec![],
        vpc_id: None,
    }
}

fn instance(item: Node<'_>) -> Database {
    let endpoint = item.child("Endpoint");
    let group = item.child("DBSubnetGroup");
    Database {
        id: item.string_or_empty("DBInstanceIdentifier"),
        is_cluster: false,
        resource_id: item.string("DbiResourceId"),
        engine: item.string_or_empty("Engine"),
        status: item.string_or_empty("DBInstanceStatus"),
        port: endpoint.and_then(|it| it.number("Port")),
        hosts: endpoint.and_then(|it| it.string("Address")).into_iter().collect(),
        has_iam: item.is_true("IAMDatabaseAuthenticationEnabled"),
        security_group_ids: item.texts_in("VpcSecurityGroups", "VpcSecurityGroupId"),
        subnet_ids: group.map(|it| it.texts_in("Subnets", "SubnetIdentifier")).unwrap_or_default(),
        vpc_id: group.and_then(|it| it.string("VpcId")),
    }
}
