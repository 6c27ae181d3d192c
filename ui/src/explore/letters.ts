// Queries that stand together are told apart by letters, as Grafana does.

export const letterOf = (at: number): string => String.fromCharCode(65 + at);
