import type { Manifest } from '../sdk/contract/index.js';

export const LEAST_RIGHTS = `# A user with "Web service access only" ticked (Identity type Machine where the form has it), and these roles:
#   cmdb_read   computers, network, vms, relationships, software
#   asset       assets, models
#   sam_user    software where Software Asset Management is installed
# and a read ACL each (by default admins only) for
#   sys_db_object      classes of your own below these tables
#   sys_audit_delete   deletes are noticed at once instead of by the next full scan
#   sys_choice, sys_dictionary   lockstep discover shows choices and columns; a push that changes nothing tells why
# To write, beside these:
#   asset   assets
#   itil    computers, network, vms; new CIs by the Identification and Reconciliation API`;

export const manifest: Manifest = {
  name: 'servicenow',
  title: 'ServiceNow',
  role: 'itsm',
  about: 'CMDB, hardware assets, relationships and installed software of a ServiceNow instance, by its Table API.',
  streams: [
    { name: 'computers', default: true, about: 'cmdb_ci_computer: laptops, desktops, servers, ESX hosts' },
    { name: 'network', default: true, about: 'cmdb_ci_netgear: switches, routers, firewalls' },
    { name: 'vms', default: true, about: 'cmdb_ci_vm_instance: virtual machines of hypervisors and clouds' },
    { name: 'assets', default: true, about: 'alm_hardware: hardware assets, joined to their CI' },
    { name: 'relationships', default: true, about: 'cmdb_rel_ci: what runs on, is hosted by, depends on what' },
    { name: 'software', default: false, about: 'installed software: cmdb_sam_sw_install with Software Asset Management, else cmdb_software_instance' },
    { name: 'companies', default: false, about: 'core_company: manufacturers, vendors and companies' },
    { name: 'users', default: false, about: 'sys_user: people that assets are assigned to' },
    { name: 'locations', default: false, about: 'cmn_location: places' },
    { name: 'models', default: false, about: 'cmdb_model: hardware and software models' },
    { name: 'licences', default: false, about: 'alm_license: not read yet' },
    { name: 'contracts', default: false, about: 'ast_contract: not read yet' },
    { name: 'requests', default: false, about: 'sc_request and its approvals: not read yet' },
  ],
  auth: [
    { method: 'oauth_client_credentials', keys: ['clientId', 'clientSecret'], about: 'recommended; Washington DC and later, switched on by an admin' },
    { method: 'oauth_password', keys: ['clientId', 'clientSecret', 'username', 'password'], about: 'the OAuth password grant of an integration user' },
    { method: 'basic', keys: ['username', 'password'], about: 'user and password; refused for users who can log in interactively' },
    { method: 'api_key', keys: ['apiKey'], about: 'an inbound REST API key (plugin com.glide.tokenbased_auth)' },
  ],
  baseUrl: 'required',
  baseUrlExample: 'https://acme.service-now.com',
  webhookAuth: [
    { method: 'hmac_sha256', keys: ['secret', 'previousSecret?'] },
    { method: 'header', keys: ['token'] },
    { method: 'basic', keys: ['username', 'password'] },
  ],
  leastRights: LEAST_RIGHTS,
  // KB0635398: the pool of a node is small and shared with every other integration.
  concurrency: 2,
  referenceFields: ['correlation_id'],
  // The quota of a transaction: a create whose answer was lost may be running that long, and is seen only when it commits.
  indexLagMs: 60_000,
  lacks: ['licences', 'contracts', 'requests'],
};
