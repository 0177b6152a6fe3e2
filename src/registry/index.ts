export {
  type RegistryContext,
  type RegistryCredentials,
  type RegistryStatus,
  registryDown,
  registryStatus,
  registryUp,
  takesAnyLogin,
} from './registry.js';
