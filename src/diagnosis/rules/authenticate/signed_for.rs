//! What a token is signed for besides the user: the endpoint's name, port and region. What matches the
//! endpoint is ruled out as a cause.

use crate::config::{Config, EndpointKind, RegionSource, Resource};
use crate::diagnosis::draft::Draft;
use crate::diagnosis::{Advice, Command, Facts};

pub(in crate::diagnosis) static NOT_THE_ENDPOINTS_NAME: Advice = Advice {
    engine: None,
    cause: "The token was signed for a name that isn't the endpoint's own; RDS accepts no token \
            for a DNS alias (CNAME).",
    remedy: "Set DB_HOST to the name that RDS prints for the endpoint. The alias may go into \
             DB_CONNECT_TO.",
    commands: &[
        Command::Shell(
            "aws rds describe-db-proxies --region {region} --query 'DBProxies[].Endpoint'",
        ),
        Command::Shell(
            "aws rds describe-db-clusters --region {region} --query \
             'DBClusters[].[Endpoint,ReaderEndpoint]'",
        ),
        Command::Shell(
            "aws rds describe-db-instances --region {region} --query 'DBInstances[].Endpoint'",
        ),
    ],
};

/// <https://docs.amazonaws.cn/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.Connecting.AWSCLI.PostgreSQL.html>
pub(in crate::diagnosis) static CUSTOM_ENDPOINT: Advice = Advice {
    engine: None,
    cause: "The token was signed for a custom endpoint of the cluster, and RDS accepts no token \
            for one.",
    remedy: "Set DB_HOST to the cluster's own endpoint, which the token is then signed for, and \
             DB_CONNECT_TO to the custom endpoint ({host}).",
    commands: &[Command::Shell(
        "aws rds describe-db-clusters --region {region} --query \
         'DBClusters[].[DBClusterIdentifier,Endpoint,CustomEndpoints]'",
    )],
};

pub(in crate::diagnosis) static NOT_THE_ENDPOINTS_PORT: Advice = Advice {
    engine: None,
    cause: "The token was signed for a port that isn't the endpoint's own. RDS Proxy \
            listens on {proxy_port} only; a database has the port that it was created with.",
    remedy: "Set DB_PORT to the endpoint's port. If the socket must go to another port, such as a \
             tunnel's, put that one into DB_CONNECT_TO.",
    commands: &[],
};

pub(in crate::diagnosis) static WRONG_REGION: Advice = Advice {
    engine: None,
    cause: "The token was signed for another region than the endpoint's: DB_HOST names no region.",
    remedy: "Set DB_REGION to the region that the endpoint is in, or DB_HOST to the name that RDS \
             prints, which has the region in it.",
    commands: &[],
};

/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-connecting.html>
pub(in crate::diagnosis) static REGION_OF_GLOBAL_WRITER: Advice = Advice {
    engine: None,
    cause: "The token was signed for another region than that of the global database's present \
            writer. The endpoint's name has no region, and a switchover moves the writer.",
    remedy: "Look up the cluster that is the writer, and set DB_REGION to the region in its ARN. \
             The policy needs that cluster's resource id too.",
    commands: &[Command::Shell(
        "aws rds describe-global-clusters --region {region} --query \
         'GlobalClusters[].[Endpoint,GlobalClusterMembers[?IsWriter].DBClusterArn]'",
    )],
};

/// Weighs whether the endpoint's name explains a rejected token.
pub(super) fn name(draft: Draft, config: &Config) -> Draft {
    let host = &config.endpoint.host;
    match host.kind() {
        EndpointKind::Other => draft.ruled_out(&CUSTOM_ENDPOINT).observed(
            &NOT_THE_ENDPOINTS_NAME,
            format!("The token is for \"{host}\", which is not a name that RDS gives."),
        ),
        EndpointKind::ClusterCustom => draft
            .ruled_out(&NOT_THE_ENDPOINTS_NAME)
            .observed(&CUSTOM_ENDPOINT, format!("\"{host}\" is a custom endpoint's name.")),
        // Tokens may be valid for an unknown form of RDS name.
        EndpointKind::OtherRds => draft.ruled_out(&CUSTOM_ENDPOINT),
        EndpointKind::Proxy
        | EndpointKind::ProxyEndpoint
        | EndpointKind::Cluster
        | EndpointKind::Instance
        | EndpointKind::GlobalWriter
        | EndpointKind::ShardGroup => {
            draft.ruled_out(&CUSTOM_ENDPOINT).ruled_out(&NOT_THE_ENDPOINTS_NAME)
        }
    }
}

/// Weighs its port.
pub(super) fn port(draft: Draft, config: &Config) -> Draft {
    let (port, socket) = (config.endpoint.port, config.socket.port);
    let usual = config.engine.proxy_port();
    let is_tunnels = config.socket_is_elsewhere && port == socket;
    match (config.endpoint.host.kind().resource(), port) {
        (_, port) if port == usual && !config.socket_is_elsewhere => {
            draft.ruled_out(&NOT_THE_ENDPOINTS_PORT)
        }
        (Resource::Proxy, port) if port == usual => draft.ruled_out(&NOT_THE_ENDPOINTS_PORT),
        (Resource::Proxy, _) => {
            draft.observed(&NOT_THE_ENDPOINTS_PORT, format!("The token is for port {port}."))
        }
        (_, port) if is_tunnels && port != usual => draft.observed(
            &NOT_THE_ENDPOINTS_PORT,
            format!("The token is for port {port}, which is DB_CONNECT_TO's port too."),
        ),
        // Without a tunnel, the database itself answered at this port.
        (Resource::Cluster | Resource::Instance, _) if !config.socket_is_elsewhere => {
            draft.ruled_out(&NOT_THE_ENDPOINTS_PORT)
        }
        (Resource::Cluster | Resource::Instance | Resource::Unknown, _) => {
            draft.noted(&NOT_THE_ENDPOINTS_PORT, format!("The token is for port {port}."))
        }
    }
}

/// Weighs the region.
pub(super) fn region(draft: Draft, config: &Config, facts: &Facts<'_>) -> Draft {
    let region = &config.endpoint.region;
    let is_global = config.endpoint.host.kind() == EndpointKind::GlobalWriter;
    let (advice, other) = if is_global {
        (&REGION_OF_GLOBAL_WRITER, &WRONG_REGION)
    } else {
        (&WRONG_REGION, &REGION_OF_GLOBAL_WRITER)
    };
    let variable = match config.endpoint.region_source {
        RegionSource::HostName => return draft.ruled_out(advice).ruled_out(other),
        RegionSource::Variable => "DB_REGION",
        RegionSource::Ambient => {
            facts.site.choose("AWS_REGION, the function's own region", "AWS_REGION")
        }
    };
    let fact =
        format!("The token is for the region {region}, from {variable}; DB_HOST names no region.");
    draft.ruled_out(other).observed(advice, fact)
}
